"""Answers calls and sends callers back what they say; after Microsoft's samples."""

import json
import os

from aiohttp import WSMsgType, web
from azure.communication.callautomation import (
    AudioFormat,
    MediaStreamingAudioChannelType,
    MediaStreamingContentType,
    MediaStreamingOptions,
    StreamingTransportType,
)
from azure.communication.callautomation.aio import CallAutomationClient

PUBLIC = f"127.0.0.1:{os.environ['PORT']}"
client = CallAutomationClient.from_connection_string(os.environ["ACS_CONNECTION_STRING"])


async def incoming_call(request: web.Request) -> web.Response:
    for event in await request.json():
        if event["eventType"] == "Microsoft.EventGrid.SubscriptionValidationEvent":
            return web.json_response({"validationResponse": event["data"]["validationCode"]})
        await client.answer_call(
            incoming_call_context=event["data"]["incomingCallContext"],
            callback_url=f"http://{PUBLIC}/api/callbacks",
            media_streaming=MediaStreamingOptions(
                transport_url=f"ws://{PUBLIC}/ws",
                transport_type=StreamingTransportType.WEBSOCKET,
                content_type=MediaStreamingContentType.AUDIO,
                audio_channel_type=MediaStreamingAudioChannelType.MIXED,
                start_media_streaming=True,
                enable_bidirectional=True,
                audio_format=AudioFormat.PCM24_K_MONO,
            ),
        )
    return web.Response()


async def callbacks(request: web.Request) -> web.Response:
    for event in await request.json():
        print(event["type"])
    return web.Response()


async def media(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse()
    await ws.prepare(request)
    async for message in ws:
        if message.type is WSMsgType.TEXT:
            frame = json.loads(message.data)
            if frame["kind"] == "AudioData":
                data = frame["audioData"]["data"]
                echo = {"Kind": "AudioData", "AudioData": {"Data": data}, "StopAudio": None}
                await ws.send_str(json.dumps(echo))
    return ws


app = web.Application()
app.router.add_post("/api/incomingCall", incoming_call)
app.router.add_post("/api/callbacks", callbacks)
app.router.add_get("/ws", media)
web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]))
