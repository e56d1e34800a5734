import pytest

from tests.lab.voicelive.line import calling


async def test_a_cascade_has_an_empty_id_before_its_first_item_and_keeps_the_clients_own() -> None:
    async with calling() as line:
        content = [{"type": "input_text", "text": "Hello."}]
        item = {"id": "mine", "type": "message", "role": "user", "content": content}
        await line.send("conversation.item.create", item=item)
        created = await line.until("conversation.item.created")
        assert (created["previous_item_id"], created["item"]["id"]) == ("", "mine")


async def test_items_can_be_placed_fetched_and_deleted() -> None:
    async with calling() as line:
        await line.writes("One.")
        one = (await line.until("conversation.item.created"))["item"]
        await line.writes("Three.")
        await line.until("conversation.item.created")
        content = [{"type": "input_text", "text": "Two."}]
        item = {"type": "message", "role": "user", "content": content}
        await line.send("conversation.item.create", item=item, previous_item_id=one["id"])
        assert (await line.until("conversation.item.created"))["previous_item_id"] == one["id"]
        texts = [item["content"][0]["text"] for item in line.session.items]
        assert texts == ["One.", "Two.", "Three."]
        await line.send("conversation.item.retrieve", item_id=one["id"])
        assert (await line.until("conversation.item.retrieved"))["item"] == one
        await line.send("conversation.item.delete", item_id=one["id"])
        assert (await line.until("conversation.item.deleted"))["item_id"] == one["id"]
        assert len(line.session.items) == 2


async def test_an_item_of_no_known_type_is_refused() -> None:
    async with calling() as line:
        error = await line.refused("conversation.item.create", item={"type": "poem"})
        assert (error["code"], error["param"]) == ("invalid_value", "item.type")


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        ("retrieve", {}),
        ("delete", {}),
        ("truncate", {"content_index": 0, "audio_end_ms": 10}),
    ],
)
async def test_an_item_that_does_not_exist_is_an_error(deed: str, fields: dict[str, int]) -> None:
    async with calling() as line:
        error = await line.refused(f"conversation.item.{deed}", item_id="item_x", **fields)
        assert error["code"] == f"item_{deed}_invalid_item_id"


async def test_what_was_not_spoken_cannot_be_truncated() -> None:
    async with calling() as line:
        await line.writes("One.")
        item = (await line.until("conversation.item.created"))["item"]
        where = {"item_id": item["id"], "content_index": 0, "audio_end_ms": 10}
        error = await line.refused("conversation.item.truncate", **where)
        assert error["code"] == "item_truncate_invalid_item_id"
