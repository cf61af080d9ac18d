"""What helm makes of the chart, for the choices that matter; skipped where there is no helm."""

from __future__ import annotations

import math
from typing import Any

import pytest

from stream._version import __version__
from stream.config.loading import load
from tests.unit.chart.conftest import LEAST, Refuse, Render, Rendered, Values

CHOICES = [
    "autoscaled", "default", "fewer-alerts", "learner", "monitored", "pattern", "rules", "secrets", "static", "topics"
]  # fmt: skip


def pods_of(rendered: Rendered) -> list[Values]:
    """The specifications of the pods of all workers and learners."""
    return [thing["spec"]["template"]["spec"] for kind in ("Deployment", "StatefulSet") for thing in rendered.of(kind)]


@pytest.mark.parametrize("choice", CHOICES)
def test_a_worker_takes_the_settings_of_every_choice(choice: str, render: Render) -> None:
    rendered = render(choice)
    for spec in pods_of(rendered):
        named = [variable["name"] for variable in spec["containers"][0].get("env", [])]
        secret = dict.fromkeys((name for name in named if name.startswith("STREAM_")), "x")
        load(environ=rendered.settings() | secret)


@pytest.mark.parametrize("choice", CHOICES)
def test_every_pod_is_confined(choice: str, render: Render) -> None:
    rendered = render(choice)
    specs = [*pods_of(rendered), *(pod["spec"] for pod in rendered.of("Pod"))]
    assert len(specs) >= 2
    for spec in specs:
        container = spec["containers"][0]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]  # noqa: S108 - the image's
        assert {"name": "tmp", "emptyDir": {}} in spec["volumes"]
        assert container["resources"]["limits"]["memory"]


def test_dynamic_members_are_a_deployment_without_an_extra_pod(render: Render) -> None:
    rendered = render()
    assert rendered.one("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}
    assert rendered.pod()["containers"][0]["args"] == ["worker"]
    assert "env" not in rendered.pod()["containers"][0]
    assert not rendered.of("StatefulSet")
    assert not rendered.of("Service")


def test_static_members_are_named_after_their_pods(render: Render) -> None:
    rendered = render("static")
    container = rendered.pod("StatefulSet")["containers"][0]
    field = {"fieldRef": {"fieldPath": "metadata.name"}}
    assert container["env"] == [{"name": "STREAM_INSTANCE_ID", "valueFrom": field}]
    assert rendered.one("Service")["spec"]["clusterIP"] == "None"
    assert int(rendered.settings()["STREAM_SESSION_TIMEOUT_MS"]) >= 30_000
    own = render({"membership": "static", "settings": {"STREAM_SESSION_TIMEOUT_MS": 45000}})
    assert own.settings()["STREAM_SESSION_TIMEOUT_MS"] == "45000"


@pytest.mark.parametrize("shutdown_s", [None, 0.5, 25, "60", 90.5])
def test_a_pod_may_take_longer_than_its_worker_takes_to_stop(shutdown_s: Any, render: Render) -> None:
    given = {} if shutdown_s is None else {"STREAM_SHUTDOWN_TIMEOUT_S": shutdown_s}
    grace_s = render({"settings": given}).pod()["terminationGracePeriodSeconds"]
    deadline_s = load(environ={name: str(value) for name, value in given.items()}).shutdown_timeout_s
    assert deadline_s + 10 <= grace_s <= deadline_s + 11


def test_a_start_may_take_as_long_as_the_worker_waits_for_kafka(render: Render) -> None:
    probe = render({"settings": {"STREAM_STARTUP_TIMEOUT_S": 300}}).pod()["containers"][0]["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 330
    assert probe["httpGet"]["path"] == "/health/live"


def test_probes_follow_the_port(render: Render) -> None:
    container = render("secrets").pod()["containers"][0]
    assert container["ports"] == [{"name": "http", "containerPort": 8080}]
    assert container["livenessProbe"]["httpGet"] == {"path": "/health/live", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/health/ready", "port": "http"}


@pytest.mark.parametrize(("given", "text"), [(32_000_000, "32000000"), (12.5, "12.5"), (True, "true"), ("08", "08")])
def test_settings_reach_the_worker_as_they_were_written(given: Any, text: str, render: Render) -> None:
    assert render({"settings": {"STREAM_X": given}}).settings()["STREAM_X"] == text


def test_off_without_quotes_is_off(render: Render) -> None:
    assert render({"settings": {"STREAM_SITES": False}}).settings()["STREAM_SITES"] == "off"


def test_a_changed_setting_renews_the_pods_and_a_changed_rule_does_not(render: Render) -> None:
    def checksum(values: dict[str, Any]) -> str:
        template = render(values).one("Deployment")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/settings"])

    assert checksum({}) != checksum({"settings": {"STREAM_GROUP_ID": "b"}})
    assert checksum({"rules": {"files": {"a.toml": "1"}}}) == checksum({"rules": {"files": {"a.toml": "2"}}})


def test_rules_are_mounted_as_a_folder_in_their_order(render: Render) -> None:
    rendered = render("rules")
    folder = "/etc/article-stream/rules"
    assert rendered.settings()["STREAM_RULES"] == f"{folder}/wire.toml,{folder}/house.toml"
    assert {"name": "rules", "configMap": {"name": "house-rules"}} in rendered.pod()["volumes"]
    # A subPath would never be renewed.
    assert {"name": "rules", "mountPath": folder, "readOnly": True} in rendered.pod()["containers"][0]["volumeMounts"]


def test_rule_files_of_the_values_are_in_the_order_of_their_names(render: Render) -> None:
    rendered = render({"rules": {"files": {f"{letter}.toml": letter for letter in "edcba"}}})
    names = [path.rpartition("/")[2] for path in rendered.settings()["STREAM_RULES"].split(",")]
    assert names == ["a.toml", "b.toml", "c.toml", "d.toml", "e.toml"]
    assert rendered.of("ConfigMap")[1]["data"] == {f"{letter}.toml": letter for letter in "abcde"}


@pytest.mark.parametrize(
    ("choice", "image"),
    [
        ("default", f"article-stream:{__version__}"),
        ("secrets", "registry.example.org/article-stream:1.2.3"),
        ("autoscaled", f"registry.example.org/article-stream@sha256:{'0' * 64}"),
    ],
)
def test_the_image_is_the_one_of_this_version_unless_another_is_named(choice: str, image: str, render: Render) -> None:
    rendered = render(choice)
    assert {spec["containers"][0]["image"] for spec in pods_of(rendered)} == {image}
    assert rendered.one("Pod")["spec"]["containers"][0]["image"] == image


def test_a_node_that_is_drained_takes_few_workers_at_a_time(render: Render) -> None:
    assert render().one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert render("secrets").one("PodDisruptionBudget")["spec"]["maxUnavailable"] == "25%"
    assert not render("rules").of("PodDisruptionBudget")


def test_workers_are_spread_apart_from_learners(render: Render) -> None:
    (first, second) = render("learner").pod()["topologySpreadConstraints"]
    assert (first["topologyKey"], second["topologyKey"]) == ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    assert first["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] == "worker"
    assert "topologySpreadConstraints" not in render("rules").pod()


def test_secrets_are_named_and_never_written(render: Render) -> None:
    rendered = render("secrets")
    for container in (rendered.pod()["containers"][0], rendered.one("Pod")["spec"]["containers"][0]):
        assert container["envFrom"][-1] == {"secretRef": {"name": "cleaner-settings"}}
        key = {"secretKeyRef": {"name": "cleaner-key", "key": "password"}}
        assert {"name": "STREAM_SSL_KEY_PASSWORD", "valueFrom": key} in container["env"]
    secret = {"name": "mount-1", "secret": {"secretName": "cleaner-user", "defaultMode": 0o440}}
    assert secret in rendered.pod()["volumes"]
    assert not rendered.of("Secret")


def test_a_learner_runs_beside_the_workers(render: Render) -> None:
    rendered = render("learner")
    assert rendered.pod(component="learner")["containers"][0]["args"] == ["learn"]
    selectors = [thing["spec"]["selector"]["matchLabels"] for thing in rendered.of("Deployment")]
    assert selectors[0] != selectors[1]
    assert rendered.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] in selectors


def test_helm_test_runs_the_check(render: Render) -> None:
    pod = render().one("Pod")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["spec"]["containers"][0]["args"] == ["check"]
    assert pod["spec"]["restartPolicy"] == "Never"


def test_keda_asks_for_as_many_workers_as_clean_the_backlog_in_time(render: Render) -> None:
    rendered = render("autoscaled")
    assert "replicas" not in rendered.one("Deployment")["spec"]
    scaled = rendered.one("ScaledObject")["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"] == {
        "bootstrapServers": "kafka-bootstrap.kafka.svc:9093",
        "consumerGroup": "cleaners",
        "topic": "articles.raw",
        "lagThreshold": str(math.floor(1500.5 * 60)),
        "activationLagThreshold": "100",
        "offsetResetPolicy": "latest",
        "allowIdleConsumers": "false",
        "ensureEvenDistributionOfPartitions": "true",
    }
    assert trigger["authenticationRef"] == {"name": "kafka-reader", "kind": "ClusterTriggerAuthentication"}
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (0, 24)
    behavior = scaled["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behavior["scaleDown"]["stabilizationWindowSeconds"] >= 300
    assert scaled["scaleTargetRef"]["name"] == rendered.one("Deployment")["metadata"]["name"]


def test_several_topics_share_what_may_wait(render: Render) -> None:
    triggers = [trigger["metadata"] for trigger in render("topics").one("ScaledObject")["spec"]["triggers"]]
    assert [trigger["topic"] for trigger in triggers] == ["articles.en", "articles.de", "articles.fr"]
    assert {trigger["lagThreshold"] for trigger in triggers} == {"20000"}


def test_a_pattern_counts_every_topic_of_the_group(render: Render) -> None:
    (trigger,) = render("pattern").one("ScaledObject")["spec"]["triggers"]
    assert "topic" not in trigger["metadata"]
    # KEDA refuses it without a topic.
    assert trigger["metadata"]["ensureEvenDistributionOfPartitions"] == "false"
    assert trigger["metadata"]["lagThreshold"] == "60000"


def test_alerts_can_be_left_out(render: Render) -> None:
    def alerts(choice: str) -> set[str]:
        groups = render(choice).one("PrometheusRule")["spec"]["groups"]
        return {rule["alert"] for group in groups for rule in group["rules"]}

    assert alerts("monitored") - alerts("fewer-alerts") == {"ArticleStreamDown"}
    assert not render().of("PrometheusRule")


def test_metrics_are_read_under_a_job_that_alerts_find(render: Render) -> None:
    monitor = render({"podMonitor": {"enabled": True}, "fullnameOverride": "cleaner"}).one("PodMonitor")
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"]) == ("http", "/metrics")
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "article-stream/default/release"}]
    assert not render().of("PodMonitor")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"settings": {}}, "settings.STREAM_BOOTSTRAP_SERVERS is missing: give the addresses of Kafka's brokers"),
        ({"settings": {"STREAM_SASL_PASSWORD": "open"}}, "settings.STREAM_SASL_PASSWORD is a secret"),
        ({"settings": {"STREAM_INSTANCE_ID": "a"}}, "would be the same in all pods"),
        ({"settings": {"STREAM_HTTP_PORT": 0}}, "settings.STREAM_HTTP_PORT is 0, but Kubernetes asks"),
        ({"settings": {"STREAM_HTTP_HOST": "127.0.0.2"}}, "is an address inside the pod"),
        ({"secretSettings": {"STREAM_INSTANCE_ID": {"name": "a", "key": "b"}}}, "may not have STREAM_INSTANCE_ID"),
        ({"extraEnv": [{"name": "STREAM_SITES"}]}, "extraEnv may not have STREAM_SITES, which is a setting"),
        ({"rules": {"files": {"a.toml": ""}}, "settings": {"STREAM_RULES": "a"}}, "exclude each other"),
        ({"rules": {"files": {"a.toml": ""}, "configMap": "b"}}, "exclude each other"),
        ({"rules": {"configMap": "b"}}, "rules.names is missing"),
        ({"learner": {"enabled": True}}, "learner.enabled needs settings.STREAM_SITES=propose or apply"),
        (
            {"membership": "static", "autoscaling": {"enabled": True}},
            "a static member that is scaled away does not leave its group",
        ),
        ({"autoscaling": {"enabled": True, "minReplicas": 13}}, "greater than autoscaling.maxReplicas"),
        (
            {"autoscaling": {"enabled": True}, "settings": {"STREAM_SECURITY_PROTOCOL": "ssl"}},
            "autoscaling.authentication.name is missing",
        ),
        (
            {"prometheusRule": {"enabled": True, "without": ["ArticleStreamUp"]}},
            "prometheusRule.without: there is no alert ArticleStreamUp",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_its_reason(values: dict[str, Any], sentence: str, refusal: Refuse) -> None:
    settings = values.get("settings", {})
    if settings or "settings" not in values:
        values = {**values, "settings": {**LEAST["settings"], **settings}}
    assert sentence in refusal(values)
