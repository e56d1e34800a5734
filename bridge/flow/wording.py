"""What interim lines must not say: they are spoken before anybody knows the result.

Rules of thumb for English, German, French and Spanish (and, for the language alone, Italian and
Dutch). They stay silent when unsure: words that mean something harmless as well are left out.
"""

import re
from collections.abc import Iterator

from bridge.flow.callflow import Callflow
from bridge.flow.interim import LlmInterim
from bridge.flow.outcomes import HangUp, Transfer
from bridge.flow.prompts import interims

MOST_WORDS = 12

_NAMES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "nl": "Dutch",
}

# A word of several languages counts for each of them, and so decides nothing.
_COMMON_WORDS = {
    "en": """a am an and any are at back be been but by can check checking could do for from get
        have here how i if in is it just let look looking may me moment more my no not now of on one
        or our out please right see should so sorry still take taking thank thanks that the their
        then there these they this to up us was we what when which while will with would you
        your""",
    "de": """aber am an auf aus bei bin bis bitte da danke das dass dauert dem den der des die dran
        ein eine einen einer eines er es etwas für gerade gleich habe haben hier ich ihnen ihr ihre
        ihren im in ist kein keine kurz länger mal mit moment nach nicht noch nur oder schaue sehe
        sich sie sind so um und uns von vor war was wenn wie wieder wir wird zu zum zur""",
    "fr": """a au aux avec avez bien c ce cela cette d dans de des du elle en encore est et il j je
        l la le les leur m ma mais me merci mon n ne nous on ou par pas patience plus plaît pour qu
        que qui s sa si son suis sur tout tu un une votre vos vous y à été être""",
    "es": """a ahora al aquí con cuando de del desde el en enseguida es esta este esto estoy está
        favor gracias ha han hasta hay la las le lo los me mi momento muy más no o para pero por
        puede que se ser si sin son su sus también tu un una uno usted y ya""",
    "it": """a al alla anche attimo che ci come con da dal dei del della delle dell di dopo e favore
        gli grazie ha ho i il in l la le lei lo ma mi momento nel nella non o ora per più questa
        questo qui se si solo sono sta sto su sua subito suo suoi un una uno è""",
    "nl": """aan als bedankt ben bent bij dat de deze die dit door een en er even geen heb heeft het
        hier hij ik in is kan kijk maar me met mij mijn moment naar niet nog nu of om onze ook op te
        tot u uit uw van voor was wat we weer wij worden wordt zijn zo""",
}
_COMMON = {language: frozenset(words.split()) for language, words in _COMMON_WORDS.items()}

_DATA_WORDS = {
    "en": """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
        hundred thousand dollar dollars euro euros cents monday tuesday wednesday thursday
        friday saturday sunday january february april june july august september october november
        december tomorrow yesterday""",
    "de": """zwei drei vier fünf sechs sieben neun zehn elf zwölf zwanzig dreißig vierzig fünfzig
        sechzig siebzig achtzig neunzig hundert euro cent franken montag
        dienstag mittwoch donnerstag freitag samstag sonnabend sonntag januar februar märz april mai
        juni juli august september oktober november dezember gestern übermorgen""",
    "fr": """deux trois quatre cinq six sept huit dix onze douze quinze vingt trente quarante
        cinquante soixante cent cents euro euros lundi mardi mercredi jeudi vendredi
        samedi dimanche janvier février mars avril mai juin juillet août septembre octobre novembre
        décembre demain""",
    "es": """dos tres cuatro cinco seis siete ocho nueve diez doce quince veinte treinta cuarenta
        cincuenta sesenta cien ciento euro euros céntimos pesos lunes martes miércoles
        jueves viernes sábado domingo enero febrero marzo abril mayo junio julio agosto septiembre
        octubre noviembre diciembre ayer""",
}
_DATA = {language: frozenset(words.split()) for language, words in _DATA_WORDS.items()}


def _claim(*, has: str, between: str, done: str, around: str, unless: str) -> re.Pattern[str]:
    """Matches a clause like "your order has just been cancelled", or "all done" and no more."""
    open_question = rf"\b(?:{unless})\b"
    return re.compile(
        rf"(?:(?!{open_question}).)*\b(?:{has})(?:\s+(?!{open_question})(?:{between}))*\s+(?:{done})\b"
        rf"|(?:(?:{around})\s+)*(?:{done})(?:\s+(?:{around}))*\s*$",
        re.IGNORECASE,
    )


_CLAIMS = (
    _claim(
        has=r"(?:i|we)(?: have|'ve)?|has|have been|is|am|are|was|were|i'm|(?:we|you|they)'re"
        r"|(?:it|that|everything|all)'s",
        between="been|all|already|just|now|successfully|also",
        done=r"done|booked|confirmed|cancell?ed|completed|(?<!i )(?<!we )complete|found|located"
        "|sorted|resolved|fixed|reserved|scheduled|rescheduled|approved|processed|refunded|sent"
        "|changed|updated|paid|placed|saved|checked|all set",
        around="ok|okay|and|all|great|perfect|there|now|so|alright|it|for you|already|thank you",
        unless=r"whether|if|until|till|once|when|while|before|soon|what|which|who|where|why|how|not"
        r"|sure|check|checking|verify|verifying|(?<=\w\s)that",
    ),
    _claim(
        has="habe|hab|haben wir|wir haben|hat|bin|ist|sind|wurde|wurden",
        between=r"\w+",
        done="erledigt|fertig|gebucht|umgebucht|bestätigt|storniert|gefunden|abgeschlossen|geschafft"
        "|geklappt|geklärt|reserviert|geändert|aktualisiert|verschickt|überwiesen|eingetragen"
        "|gespeichert|gelöscht|gekündigt|verschoben|bezahlt",
        around="ok|okay|so|und|alles|schon|bereits|jetzt|super|prima|für sie",
        unless=r"ob|wenn|sobald|bis|falls|was|welche\w*|wo|wann|warum|wie|wer|nicht|nichts|kein\w*"
        "|nie|noch|gleich|bald|sofort|schnell|fast|während|prüfe",
    ),
    _claim(
        has="ai|avons|a|ont|est|sont",
        between="été|bien|déjà|maintenant|désormais|juste",
        done="(?:trouvé|réservé|confirmé|annulé|terminé|effectué|réglé|validé|modifié|envoyé|vérifié"
        "|résolu)e?s?|fait|fini",
        around="ok|et|voilà|bien|tout|déjà|c'est|pour vous",
        unless="si|s'|quand|lorsque|dès|jusqu|qui|que|qu|quoi|où|comment|pourquoi|pendant|une fois"
        "|ne|n|pas|jamais|presque|bientôt|vérifie",
    ),
    _claim(
        has="he|hemos|se ha|se han|ha sido|han sido|fue|fueron|está|están|queda|quedan",
        between="ya|todo|bien|ahora|correctamente",
        done="(?:encontrad|reservad|confirmad|cancelad|anulad|terminad|realizad|completad|enviad"
        "|cambiad|actualizad|solucionad|resuelt|hech|list)[ao]s?",
        around="ok|y|ya|todo|muy bien|está",
        unless="si|cuando|hasta|que|qué|dónde|cómo|cuándo|mientras|en cuanto|una vez|no|aún|todavía"
        "|casi|compruebo|verifico",
    ),
    re.compile(
        r".*\b(?:good news|here(?: is| are|'s) your|successfully|gute nachricht|hier ist ihre?"
        r"|erfolgreich|bonne nouvelle|voici vo(?:tre|s)|buenas noticias|aquí (?:está|tiene))\b",
        re.IGNORECASE,
    ),
)


def doubts(flow: Callflow) -> Iterator[str]:
    """Sentences about interim lines that a caller may be misled by, with what to do about each."""
    own = interims(flow)
    lines = dict.fromkeys(line for interim in own for line in interim.lines)
    farewells = (step.say for i in own for step in i.then if isinstance(step, Transfer | HangUp))
    language = _language(flow.greeting or "", flow.language.partition("-")[0])
    for line in lines:
        yield from _misleading(line, language)
    for line in dict.fromkeys((*lines, *filter(None, farewells))):
        if (other := _language(line, language)) != language:
            yield (
                f'"{line}" sounds like {_NAMES[other]}, and the flow speaks {_NAMES[language]}; '
                f"say it in {_NAMES[language]}, or choose a voice for {_NAMES[other]}."
            )
    if language != "en" and any(isinstance(i, LlmInterim) and not i.instructions for i in own):
        named = _NAMES.get(language, flow.language)
        yield (
            f"LlmInterim may make up an English line, and the flow speaks {named}; write "
            f"LlmInterim(instructions=...) that ask for {named}."
        )


def _misleading(line: str, language: str) -> Iterator[str]:
    said = _fixed(line)
    clauses = re.split(r"[^\w\s'-]+|\s-+\s", said)
    if any(claim.match(clause.strip()) for clause in clauses for claim in _CLAIMS):
        yield (
            f'"{line}" claims that something is done, and is spoken before anybody knows; say what '
            'is being done, like "I am looking that up."'
        )
    data = _DATA.get(_language(line, language), frozenset())
    tokens = re.findall(r"[$€£¥]?\d+(?:[.,:]\d+)*[%€£]?|[$€£¥%]|[^\W\d_]+", said)
    if known := [t for t in tokens if t.casefold() in data or not t.isalpha()]:
        yield (
            f'"{line}" says "{" ".join(known)}" before anybody knows; leave that to the answer, or '
            "let a tool's line repeat what the caller said, as in {order_number}."
        )
    if (count := len(line.split())) > MOST_WORDS:
        yield (
            f'"{line}" has {count} words, and the answer waits for the last of them; keep it to '
            f"{MOST_WORDS}."
        )


def _language(text: str, expected: str) -> str:
    """The language `text` is surely in: another than `expected` if two more common words say so.

    Of 3,313 short sentences from translations of Django and Plone none is taken for another
    language; about three in four telephone lines in a wrong one are noticed.
    """
    if expected not in _COMMON:
        return expected
    words = re.findall(r"[^\W\d_]+", _fixed(text).casefold())
    scores = {key: sum(word in common for word in words) for key, common in _COMMON.items()}
    best = max(scores, key=lambda key: scores[key])
    return best if scores[best] - scores[expected] >= 2 else expected  # noqa: PLR2004 - as it says


def _fixed(line: str) -> str:
    """The words that are the same in every call: no `{placeholders}`; apostrophes made straight."""
    return re.sub(r"\{[^{}]*\}", " ", line).replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
