"""What a client of the lab needs to know, as variables that a shell can read."""

import shlex
from pathlib import Path

from bridge.lab.identity import HEADER, PATH
from bridge.lab.serve.lab import Lab


def environment(lab: Lab, authority: Path) -> str:
    """Return the variables, an `export` a line; those with `LAB_` in front are the lab's own."""
    acs, voices, tenant = lab.stage.acs, lab.stage.voices, lab.stage.tenant
    variables = {
        "ACS_ENDPOINT": acs.endpoint,
        "ACS_ACCESS_KEY": acs.access_key,
        "ACS_RESOURCE_ID": acs.resource_id,
        "ACS_OPENID_CONFIG_URL": acs.authority.configuration_url,
        "VOICELIVE_ENDPOINT": voices.endpoint,
        "VOICELIVE_API_KEY": voices.api_key,
        "LAB_URL": lab.control_url,
        "LAB_CONNECTION_STRING": f"endpoint={acs.endpoints[1]}/;accesskey={acs.access_key}",
        "LAB_VOICELIVE_TLS_ENDPOINT": voices.endpoints[1],
        "LAB_CA": str(authority),
        "LAB_IDENTITY_ENDPOINT": f"{lab.control_url}{PATH}",
        "LAB_IDENTITY_HEADER": HEADER,
        "LAB_TENANT_ID": tenant.tenant,
        "LAB_AUTHORITY_HOST": tenant.host,
    }
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
