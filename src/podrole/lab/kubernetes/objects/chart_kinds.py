"""The kinds that charts bring along, as data: what they need beside workloads and RBAC.

Columns: kubernetes/kubernetes, `pkg/printers/internalversion/printers.go` (read 2026-11-29).
"""

from __future__ import annotations

from podrole.lab.kubernetes.objects import columns
from podrole.lab.kubernetes.objects.columns import at, count, listed, or_none
from podrole.lab.kubernetes.objects.kinds import Kind, Part

STATUS = Part("status", "")
_NETWORK, _STORAGE = "networking.k8s.io", "storage.k8s.io"
_ADMISSION = "admissionregistration.k8s.io"
_WEBHOOKS = (("Webhooks", count("webhooks")),)
_ACCESS = ("Access Modes", columns.access_modes("spec", "accessModes"))
_MODE = (("VolumeMode", at("spec", "volumeMode")),)
_CLASSES = (
    ("StorageClass", lambda found: at("spec", "storageClassName")(found) or ""),
    ("VolumeAttributesClass", columns.or_unset("spec", "volumeAttributesClassName")),
)

CHART_KINDS = (
    Kind(
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "apiextensions.k8s.io",
        namespaced=False,
        short=("crd", "crds"),
        categories=("api-extensions",),
        age="Created At",
        parts=(STATUS,),
    ),
    Kind(
        "MutatingWebhookConfiguration",
        "mutatingwebhookconfigurations",
        _ADMISSION,
        namespaced=False,
        categories=("api-extensions",),
        columns=_WEBHOOKS,
    ),
    Kind(
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
        _ADMISSION,
        namespaced=False,
        categories=("api-extensions",),
        columns=_WEBHOOKS,
    ),
    Kind(
        "PodDisruptionBudget",
        "poddisruptionbudgets",
        "policy",
        short=("pdb",),
        columns=(
            ("Min Available", columns.or_not_given("spec", "minAvailable")),
            ("Max Unavailable", columns.or_not_given("spec", "maxUnavailable")),
            ("Allowed Disruptions", columns.number("status", "disruptionsAllowed")),
        ),
        parts=(STATUS,),
    ),
    Kind(
        "HorizontalPodAutoscaler",
        "horizontalpodautoscalers",
        "autoscaling",
        "v2",
        short=("hpa",),
        categories=("all",),
        columns=(
            ("Reference", columns.reference("spec", "scaleTargetRef")),
            ("Targets", columns.targets),
            ("MinPods", lambda found: str(at("spec", "minReplicas")(found) or "<unset>")),
            ("MaxPods", columns.number("spec", "maxReplicas")),
            ("Replicas", columns.number("status", "currentReplicas")),
        ),
        parts=(STATUS,),
    ),
    Kind(
        "CronJob",
        "cronjobs",
        "batch",
        short=("cj",),
        categories=("all",),
        columns=(
            ("Schedule", at("spec", "schedule")),
            ("Timezone", or_none("spec", "timeZone")),
            ("Suspend", lambda found: str(bool(at("spec", "suspend")(found)))),
            ("Active", count("status", "active")),
            ("Last Schedule", or_none("status", "lastScheduleTime")),
        ),
        parts=(STATUS,),
    ),
    Kind(
        "Ingress",
        "ingresses",
        _NETWORK,
        short=("ing",),
        columns=(
            ("Class", or_none("spec", "ingressClassName")),
            ("Hosts", columns.hosts),
            ("Address", columns.ingress_addresses),
            ("Ports", lambda found: "80, 443" if at("spec", "tls")(found) else "80"),
        ),
        parts=(STATUS,),
    ),
    Kind(
        "IngressClass",
        "ingressclasses",
        _NETWORK,
        namespaced=False,
        columns=(
            ("Controller", at("spec", "controller")),
            ("Parameters", columns.reference("spec", "parameters")),
        ),
    ),
    Kind(
        "PersistentVolumeClaim",
        "persistentvolumeclaims",
        short=("pvc",),
        columns=(
            ("Status", at("status", "phase")),
            ("Volume", at("spec", "volumeName")),
            ("Capacity", at("status", "capacity", "storage")),
            ("Access Modes", columns.access_modes("status", "accessModes")),
            *_CLASSES,
        ),
        wide=_MODE,
        parts=(STATUS,),
    ),
    Kind(
        "PersistentVolume",
        "persistentvolumes",
        namespaced=False,
        short=("pv",),
        columns=(
            ("Capacity", at("spec", "capacity", "storage")),
            _ACCESS,
            ("Reclaim Policy", at("spec", "persistentVolumeReclaimPolicy")),
            ("Status", at("status", "phase")),
            ("Claim", columns.claim),
            *_CLASSES,
            ("Reason", at("status", "reason")),
        ),
        wide=_MODE,
        parts=(STATUS,),
    ),
    Kind(
        "StorageClass",
        "storageclasses",
        _STORAGE,
        namespaced=False,
        short=("sc",),
        columns=(
            ("Provisioner", at("provisioner")),
            ("ReclaimPolicy", at("reclaimPolicy")),
            ("VolumeBindingMode", at("volumeBindingMode")),
            (
                "AllowVolumeExpansion",
                lambda found: "true" if found.get("allowVolumeExpansion") else "false",
            ),
        ),
    ),
    Kind(
        "Lease",
        "leases",
        "coordination.k8s.io",
        columns=(("Holder", at("spec", "holderIdentity")),),
    ),
    Kind(
        "Endpoints",
        "endpoints",
        short=("ep",),
        columns=(("Endpoints", columns.endpoints),),
    ),
    Kind(
        "EndpointSlice",
        "endpointslices",
        "discovery.k8s.io",
        columns=(
            ("AddressType", at("addressType")),
            ("Ports", listed("ports", "port")),
            ("Endpoints", columns.slice_addresses),
        ),
    ),
    Kind(
        "PriorityClass",
        "priorityclasses",
        "scheduling.k8s.io",
        namespaced=False,
        short=("pc",),
        columns=(
            ("Value", columns.number("value")),
            ("Global-Default", lambda found: "true" if found.get("globalDefault") else "false"),
        ),
        wide=(("PreemptionPolicy", at("preemptionPolicy")),),
    ),
)
