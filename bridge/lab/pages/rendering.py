"""From a template to a page that runs nothing and asks for nothing but what is in it."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from bridge.lab.experience import FIGURES, in_words

_TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, template: str, **content: Any) -> None:
    """Render `template` to `path`; whatever `content` says, it is text and never markup."""
    path.parent.mkdir(parents=True, exist_ok=True)
    style, script = ((_TEMPLATES / name).read_text("utf-8") for name in ("page.css", "page.js"))
    page = _ENVIRONMENT.get_template(template).render(
        **content,
        style=style,
        script=script,
        # A browser runs and applies these two, by their hashes, and loads no more than the sound.
        policy=(
            f"default-src 'none'; media-src data:; base-uri 'none'; form-action 'none'; "
            f"style-src {_hashed(style)}; script-src {_hashed(script)}"
        ),
    )
    path.write_text(page, "utf-8", errors="replace")


def _hashed(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _clock(ms: float) -> str:
    """A moment of a call, as people write it: 1:02.3."""
    tenths = max(0, round(ms / 100))
    return f"{tenths // 600}:{tenths // 10 % 60:02}.{tenths % 10}"


_ENVIRONMENT = Environment(
    loader=PackageLoader("bridge.lab.pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.filters["clock"] = _clock
_ENVIRONMENT.globals.update(figures=FIGURES, in_words=in_words)
