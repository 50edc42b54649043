"""Lambda handler: CodeDeploy's hook before new code receives traffic."""

from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.runtime import fault, runtime
from modelfleet.bootstrap import pretraffic
from modelfleet.pretraffic.hook import read_hook
from modelfleet.spec.errors import ModelfleetError


@runtime("pretraffic").handler
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Check the new version, and report the result to CodeDeploy."""
    execution, log = read_hook(event), runtime("pretraffic")
    succeeded = False
    try:
        settings = pretraffic.pretraffic_settings()
        log.append_keys(
            model=settings.model, code_version=settings.version, execution_id=execution.deployment
        )
        because = pretraffic.check_new_code()
        succeeded = True
        log.logger.info("new code accepted", extra={"because": because})
    except ModelfleetError as error:
        because = str(error)
        log.logger.error("new code rejected", extra={"because": because} | fault(error))
    finally:
        pretraffic.report(execution, succeeded=succeeded)
    return {"succeeded": succeeded, "because": because}
