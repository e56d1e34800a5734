"""The conversation as the model would see it."""

from collections.abc import Collection

from bridge.lab.voicelive.wire import Json, Refusal


class Conversation:
    """Items in their order, and which of them the model has not considered yet."""

    def __init__(self) -> None:
        self.items: list[Json] = []
        self._news: list[Json] = []
        self._play_ms: dict[str, float] = {}

    def add(self, item: Json, *, after: str | None = None) -> str | None:
        """Put an item at the end, or after another; the id of the one before it."""
        at = len(self.items) if after is None else 1 + self._index(after, "create")
        self.items.insert(at, item)
        if item.get("role") != "assistant" and item["type"] != "function_call":
            self._news.append(item)
        return self.items[at - 1]["id"] if at else None

    def retell(self, item: Json, *, after: str | None = None) -> str | None:
        """Put an item of the client's there; what it shows to be answered is news no more.

        The assistant's words answer all that stands before them; a call answers what was said.
        """
        previous = self.add(item, after=after)
        answers_all = item.get("role") == "assistant"
        if answers_all or item["type"] == "function_call":
            before = self.items[: self._index(item["id"], "create")]
            answered = [i["id"] for i in before if answers_all or i["type"] == "message"]
            self._news = [news for news in self._news if news["id"] not in answered]
        return previous

    def take_news(self) -> list[Json]:
        """What came in since the model last considered the conversation."""
        news, self._news = self._news, []
        return news

    def pending_news(self) -> list[Json]:
        """The same, left there for the next response."""
        return list(self._news)

    def get(self, item_id: str) -> Json:
        """The item; refused where there is none."""
        return self.items[self._index(item_id, "retrieve")]

    def delete(self, item_id: str) -> None:
        """Take an item away; refused where there is none."""
        item = self.items.pop(self._index(item_id, "delete"))
        self._news = [news for news in self._news if news is not item]

    def lasts(self, item_id: str, play_ms: float) -> None:
        """Remember how long the audio of an item plays, if it is of this conversation."""
        if any(item["id"] == item_id for item in self.items):
            self._play_ms[item_id] = play_ms

    def play_ms(self, item_id: str) -> float:
        """How long the audio of an item plays; 0 for no audio, or no such item."""
        return self._play_ms.get(item_id, 0.0)

    def truncate(self, item_id: str, audio_end_ms: int) -> None:
        """Keep as many words of an item as were played; refused where there is none."""
        item = self.items[self._index(item_id, "truncate")]
        play_ms = self.play_ms(item_id)
        if item.get("role") != "assistant" or not play_ms:
            raise Refusal(
                "item_truncate_invalid_item_id",
                f"Error truncating item: there is no audio of the assistant in '{item_id}'.",
            )
        words = item["content"][0]["transcript"].split()
        played = int(audio_end_ms * len(words) / play_ms)
        item["content"][0]["transcript"] = " ".join(words[:played])
        self._play_ms[item_id] = min(play_ms, audio_end_ms)

    def called(self, call_id: str) -> str:
        """Name of the tool of a call; refused where there was no such call."""
        for item in self.items:
            if item["type"] == "function_call" and item["call_id"] == call_id:
                return str(item["name"])
        raise Refusal(
            "invalid_tool_call_id", f"Tool call ID '{call_id}' not found in conversation."
        )

    def answered(self, call_ids: Collection[str]) -> bool:
        """Whether each of these calls has its output."""
        outputs = {i["call_id"] for i in self.items if i["type"] == "function_call_output"}
        return outputs.issuperset(call_ids)

    def has_caller(self) -> bool:
        """Whether the caller has said anything."""
        return self._has("user")

    def has_agent(self) -> bool:
        """Whether the assistant has said anything."""
        return self._has("assistant")

    def _has(self, role: str) -> bool:
        return any(item.get("role") == role for item in self.items)

    def _index(self, item_id: str, deed: str) -> int:
        for index, item in enumerate(self.items):
            if item["id"] == item_id:
                return index
        raise Refusal(
            f"item_{deed}_invalid_item_id",
            f"Error in item {deed}: the item with id '{item_id}' does not exist.",
        )
