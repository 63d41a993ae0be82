"""All that a lab could have changed in its process. Run as a program, in a process of its own."""

from __future__ import annotations

import gc
import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from types import FunctionType
from typing import Any

#: What moto counts for itself, which no program sees.
_COUNTED = ("request_count", "instances_tracked", "_instances")
#: Whose modules a lab replaces something in, and those that it could.
_PACKAGES = ("awscrt", "boto3", "botocore", "builtins", "flask", "io", "moto", "time", "uuid")
#: What lab and tests use of them: a module that is there before the lab is compared.
_MODULES = (
    *("boto3.s3.transfer", "botocore.session", "botocore.handlers", "botocore.credentials"),
    *("botocore.endpoint", "botocore.monitoring", "botocore.signers", "botocore.httpsession"),
    *("moto.core.responses", "moto.core.utils", "moto.moto_server.werkzeug_app"),
    *(
        f"moto.{name}.{part}"
        for name in ("dynamodb", "ecr", "eks", "iam", "kms", "s3", "secretsmanager", "sns", "sqs")
        for part in ("models", "responses", "utils")
    ),
)


def _members(name: str, owner: Any) -> Iterator[tuple[str, Any]]:
    for member, value in list(vars(owner).items()):
        if member in ("__builtins__", "__warningregistry__", *_COUNTED):
            continue
        yield f"{name}.{member}", value
        kind = type(value)  # and no more: Flask's proxies refuse to be looked at
        if issubclass(kind, type) and value.__module__ == name:
            yield from _members(f"{name}.{member}", value)
        elif kind is FunctionType:
            yield f"{name}.{member}.__defaults__", value.__defaults__
        elif kind is list:  # such as botocore's handlers, which moto adds itself to
            yield f"{name}.{member}[]", [*value]


def taken() -> dict[str, Any]:
    """Each attribute of those modules, by its name, and the rest of the process's state."""
    random = sys.modules["moto.moto_api._internal"].mock_random
    found: dict[str, Any] = {
        "environ": dict(os.environ),
        "frozen": gc.get_freeze_count(),
        "collector": (gc.isenabled(), gc.get_threshold()),
        "recursion": sys.getrecursionlimit(),
        "moto's random numbers": (type(random), dict(vars(random)), random.getstate()),
        "moto's accounts": sorted(sys.modules["moto.iam.models"].iam_backends),
    }
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            found[f"logger {name}"] = (logger.level, [*logger.filters], [*logger.handlers])
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in _PACKAGES:
            found |= dict(_members(name, module))
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The names whose values are others now; a module that was imported since has none before."""
    return [
        name
        for name, value in before.items()
        if after.get(name) is not value and not _same(value, after.get(name))
    ]


def _same(one: Any, other: Any) -> bool:
    plain = (dict, tuple, list, int, str)
    return type(one) is type(other) and isinstance(one, plain) and bool(one == other)


def _import() -> None:
    from podrole.lab import Kubernetes, Lab, Pod

    assert all((Kubernetes, Lab, Pod))


def _use_services() -> None:
    import boto3

    boto3.client("iam").create_user(UserName="bob")
    boto3.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="bob")
    boto3.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    boto3.client("sns").create_topic(Name="orders")
    boto3.client("sqs").create_queue(QueueName="orders")
    boto3.client("ecr").create_repository(repositoryName="orders")
    boto3.client("dynamodb").list_tables()
    boto3.client("secretsmanager").create_secret(Name="orders", SecretString="x")


def _start_and_stop() -> None:
    from podrole.lab import Lab

    with Lab.start() as lab:
        _use_services()
        assert changed(_BEFORE, taken())  # or this compares nothing
        lab.kubernetes().apply({"kind": "Namespace", "metadata": {"name": "orders"}})
        lab.stop()  # and once more at the end of the block


def _fail_to_start() -> None:
    from podrole.lab import Lab, LabError

    lab_module = sys.modules[Lab.__module__]
    for what, name in ((Lab, "_operator_session"), (lab_module.InProcessDoor, "_patch_files")):
        works = getattr(what, name)
        setattr(what, name, lambda *_: 1 / 0)
        try:
            Lab.start()
        except ZeroDivisionError:
            pass
        else:
            raise AssertionError("the lab started")
        finally:
            setattr(what, name, works)
    for wrong in ({"region": "nowhere-1"}, {"accounts": ("1",)}, {"cluster": "-"}):
        try:
            Lab.start(**wrong)
        except LabError:
            continue
        raise AssertionError(wrong)


def _open_and_close() -> None:
    from podrole.lab.serving.served_lab import DOORS, ServedLab
    from podrole.lab.settings import Settings

    served = ServedLab(Settings())
    served.open(dict.fromkeys(DOORS, "https://127.0.0.1:1"))
    assert changed(_BEFORE, taken())
    served._reset()
    served.close()


def _fail_to_open() -> None:
    from podrole.lab import LabError
    from podrole.lab.serving.served_lab import DOORS, ServedLab
    from podrole.lab.settings import Settings

    try:
        ServedLab(Settings(region="nowhere-1")).open(dict.fromkeys(DOORS, "https://x"))
    except LabError:
        return
    raise AssertionError("the lab opened")


def _stop_in_another_order() -> None:
    from podrole.lab import Lab
    from podrole.lab.serving.served_lab import DOORS, ServedLab
    from podrole.lab.settings import Settings

    served = ServedLab(Settings())
    served.open(dict.fromkeys(DOORS, "https://127.0.0.1:1"))
    lab = Lab.start()
    served.close()
    _use_services()
    lab.stop()


STEPS = {
    step.__name__.strip("_"): step
    for step in (
        _import,
        _start_and_stop,
        _fail_to_start,
        _open_and_close,
        _fail_to_open,
        _stop_in_another_order,
    )
}
_BEFORE: dict[str, Any] = {}

if __name__ == "__main__":
    for _name in _MODULES:
        if importlib.util.find_spec(_name):  # not each of moto's services has its `utils`
            importlib.import_module(_name)
    _BEFORE.update(taken())
    STEPS[sys.argv[1]]()
    print("\n".join(changed(_BEFORE, taken())))
