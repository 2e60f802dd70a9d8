"""What is counted: METRICS is every number the park reports, by name."""

from metrics import by_age, entries, space, stays, survival
from metrics.metric import Metric

METRICS: dict[str, Metric] = {
    metric.name: metric for theme in (stays, entries, survival, by_age, space) for metric in theme.METRICS
}
