"""The dashboard of a stage: the fleet side by side, then a section for each model."""

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import aws_cloudwatch
from constructs import Construct

from cdk.monitoring.model_graphs import MINUTES, WIDTH, ModelGraphs, line
from cdk.settings.stage import Stage
from cdk.shared.alarm_rule import LAMBDA
from modelfleet.metrics.serving_metrics import ServingMetric
from modelfleet.resource_names import Resource, predict_function
from modelfleet.spec.model import ModelSpec

# A section has up to 14 widgets and some 150 metrics, with what its searches find. A dashboard may
# have 500 widgets and 2,500 metrics.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
_MODELS_PER_PAGE = 15


class FleetDashboard(Construct):
    """Graphs with a line per model, and a section for each.

    Only one page if all sections fit on it, because an account pays for every dashboard after its
    third. In a larger fleet, it lists further pages, which have the sections.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        stage: Stage,
        models: Mapping[str, ModelSpec],
        state_machine_arn: str,
    ) -> None:
        super().__init__(scope, id_)
        functions = {model: predict_function(stage.name, model) for model in models}
        graphs = {model: ModelGraphs(stage, spec) for model, spec in models.items()}
        board = aws_cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=stage.resource(Resource.DASHBOARD)
        )
        board.add_widgets(
            _of_functions("Requests", functions, "Invocations", "Sum"),
            _of_functions("Latency p95 (ms)", functions, "Duration", "p95"),
        )
        board.add_widgets(
            _measured("5xx responses", graphs, ServingMetric.ERRORS),
            _measured("Releases not loaded", graphs, ServingMetric.REFRESH_FAILURES),
        )
        board.add_widgets(
            _of_functions("Function errors", functions, "Errors", "Sum"),
            _of_functions("Throttles", functions, "Throttles", "Sum"),
        )
        board.add_widgets(_retrainings(state_machine_arn))
        if len(graphs) <= _MODELS_PER_PAGE:
            _add_sections(board, graphs.values())
            return
        names = list(graphs)
        pages = range(0, len(names), _MODELS_PER_PAGE)
        for number, start in enumerate(pages, start=1):
            shown = names[start : start + _MODELS_PER_PAGE]
            name = stage.resource(Resource.DASHBOARD, str(number))
            page = aws_cloudwatch.Dashboard(self, f"Page{number}", dashboard_name=name)
            _add_sections(page, [graphs[model] for model in shown])
            board.add_widgets(_listed(name, shown))


def _add_sections(board: aws_cloudwatch.Dashboard, models: Iterable[ModelGraphs]) -> None:
    for each in models:
        for row in each.rows():
            board.add_widgets(*row)


def _listed(page: str, models: Sequence[str]) -> aws_cloudwatch.TextWidget:
    text = f"Dashboard `{page}`: {', '.join(models)}"
    return aws_cloudwatch.TextWidget(markdown=text, width=2 * WIDTH, height=2)


def _of_functions(
    title: str, functions: dict[str, str], metric: str, statistic: str
) -> aws_cloudwatch.GraphWidget:
    lines = [
        line(LAMBDA, metric, {"FunctionName": function}, statistic, MINUTES, model)
        for model, function in functions.items()
    ]
    return aws_cloudwatch.GraphWidget(title=title, left=lines, width=WIDTH)


def _measured(
    title: str, graphs: Mapping[str, ModelGraphs], metric: ServingMetric
) -> aws_cloudwatch.GraphWidget:
    lines = [each.measured(metric, label=model) for model, each in graphs.items()]
    return aws_cloudwatch.GraphWidget(title=title, left=lines, width=WIDTH)


def _retrainings(state_machine_arn: str) -> aws_cloudwatch.GraphWidget:
    machine = {"StateMachineArn": state_machine_arn}
    lines = [
        line("AWS/States", metric, machine, "Sum", MINUTES, metric)
        for metric in ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut")
    ]
    return aws_cloudwatch.GraphWidget(title="Retrainings", left=lines, width=WIDTH)
