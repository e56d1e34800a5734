"""Asks Voice Live one question through the SDK's typed models, and prints what comes."""

import asyncio
import os

from azure.ai.voicelive.aio import connect
from azure.ai.voicelive.models import (
    AzureStandardVoice,
    FunctionCallOutputItem,
    FunctionTool,
    InputTextContentPart,
    Modality,
    RequestSession,
    ResponseFunctionCallItem,
    ServerEventError,
    ServerEventResponseAudioDelta,
    ServerEventResponseAudioTranscriptDone,
    ServerEventResponseDone,
    ServerEventResponseOutputItemDone,
    UserMessageItem,
)
from azure.core.credentials import AzureKeyCredential


async def main() -> None:
    credential = AzureKeyCredential(os.environ["VOICELIVE_API_KEY"])
    endpoint = os.environ["VOICELIVE_ENDPOINT"]
    audio = 0
    async with connect(endpoint=endpoint, credential=credential, model="gpt-4.1") as connection:
        await connection.session.update(
            session=RequestSession(
                modalities=[Modality.TEXT, Modality.AUDIO],
                voice=AzureStandardVoice(name="en-US-AvaNeural"),
                tools=[FunctionTool(name="weather", description="Weather in a city")],
            )
        )
        question = InputTextContentPart(text="How is the weather?")
        await connection.conversation.item.create(item=UserMessageItem(content=[question]))
        await connection.response.create()
        async for event in connection:
            match event:
                case ServerEventResponseAudioDelta():
                    audio += len(event.delta)
                case ServerEventResponseOutputItemDone(item=ResponseFunctionCallItem() as call):
                    print("called", call.name, call.arguments)
                    output = FunctionCallOutputItem(call_id=call.call_id, output="Foggy")
                    await connection.conversation.item.create(item=output)
                case ServerEventResponseAudioTranscriptDone():
                    print("said", event.transcript)
                case ServerEventResponseDone():
                    print("done", event.response.status)
                    if audio:
                        break
                    await connection.response.create()
                case ServerEventError():
                    raise SystemExit(event.error.message)
    print("audio", audio)


asyncio.run(main())
