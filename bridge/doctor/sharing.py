"""Redis: whether replicas can meet in it, and will find there what they have put there."""

import asyncio
import time
from urllib.parse import urlsplit

from redis.exceptions import AuthenticationError, AuthorizationError, RedisError, ResponseError

from bridge.doctor.finding import PATIENCE_S, Finding, ok, problem, warning
from bridge.service.replicas.identity import SCOPE
from bridge.service.replicas.store import ASK_S, Store, open_store
from bridge.service.setting_types import LOOPBACK, by_identity
from bridge.service.settings import Settings
from bridge.voicelive.identity import NoIdentity, identity

_NAME = "REDIS_URL"
_ASSIGN = (
    "Let this identity in, object id {}: az redisenterprise database access-policy-assignment "
    "create, with the policy default; for Azure Cache for Redis, Data Owner."
)


async def check_redis(settings: Settings) -> list[Finding]:
    """Ask it for its name and its habits; nothing is looked for where replicas share nothing."""
    if not settings.redis:
        return []
    url = urlsplit(settings.redis.url)
    there = url.path if url.scheme == "unix" else f"{url.hostname}:{url.port or 6379}"
    remedy = "Put user and password into it: rediss://USER:PASSWORD@HOST:PORT/0."
    try:
        if by_identity(settings.redis.url):
            remedy = _ASSIGN.format(await identity(SCOPE))
        async with asyncio.timeout(PATIENCE_S), open_store(settings.redis.url) as store:
            findings = await _looked_at(store, there)
    except NoIdentity as error:
        return [
            problem(
                _NAME,
                f"it names no password, and Entra gives no token for {there} ({error}).",
                "Give this process an identity, as for Voice Live, or put an access key into it: "
                "rediss://:KEY@HOST:PORT/0.",
            )
        ]
    except (AuthenticationError, AuthorizationError, ResponseError):
        return [
            problem(_NAME, f"{there} does not let this service in, or do what it has to.", remedy)
        ]
    except (RedisError, OSError, TimeoutError) as error:
        return [_not_reached(there, error)]
    if url.scheme == "redis" and url.hostname not in LOOPBACK:
        findings.append(
            warning(
                _NAME,
                "what replicas tell each other travels unencrypted, the password among it.",
                "Use rediss:// and Redis's TLS port; within a network of your own, it may do.",
            )
        )
    return findings


async def _looked_at(store: Store, there: str) -> list[Finding]:
    await store.redis.ping()  # connects
    began_s = time.monotonic()
    about = await store.redis.info("memory")
    took_s = time.monotonic() - began_s
    findings = [ok(_NAME, f"{there} answers in {took_s * 1000:.0f} ms.")]
    if took_s > ASK_S:
        findings = [
            warning(
                _NAME,
                f"{there} takes {took_s * 1000:.0f} ms; no call waits longer than 50 ms for it.",
                "Have it nearer: in the same region and network.",
            )
        ]
    policy = str(about.get("maxmemory_policy", "noeviction"))
    if policy.startswith("allkeys"):
        findings.append(
            warning(
                _NAME,
                f"it throws out anything when memory is short ({policy}), calls among it.",
                "Set its maxmemory-policy to noeviction, or to one that begins with volatile.",
            )
        )
    return findings


def _not_reached(there: str, error: BaseException) -> Finding:
    return problem(
        _NAME,
        f"{there} is not reached ({type(error).__name__}): each replica is alone.",
        "See that it runs and that there is a way to it, or correct REDIS_URL.",
    )
