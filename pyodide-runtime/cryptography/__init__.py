"""A stand-in for `cryptography` in the browser, for which no wheel exists.

moto imports names of it, and this gives any name that is asked for. Nothing works: whatever is
called raises NotImplementedError: a key or a cipher is never made up. The lab signs its tokens
by code of its own.
"""

import importlib.abc
import importlib.machinery
import sys
import types

__version__ = "0+browser"


class _Absent(type):
    """A class of which nothing can be made."""

    def __call__(cls, *_args, **_keywords):
        raise NotImplementedError(
            f"{cls.__module__}.{cls.__name__} needs the package cryptography, which no browser has"
        )

    def __getattr__(cls, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _absent(cls.__module__, f"{cls.__name__}.{name}")


def _absent(module, name):
    # What is caught must be an exception, also where nothing raises it.
    bases = (Exception,) if name.startswith("Invalid") else ()
    return _Absent(name, bases, {"__module__": module})


class _Module(types.ModuleType):
    """A module that has every name."""

    __path__: list[str] = []  # noqa: RUF012 # as the import system reads it

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        found = sys.modules.get(f"{self.__name__}.{name}") or _absent(self.__name__, name)
        setattr(self, name, found)
        return found


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds each module below this one."""

    def find_spec(self, name, path=None, target=None):  # noqa: ARG002
        if not name.startswith("cryptography."):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return _Module(spec.name)

    def exec_module(self, module):
        """There is nothing to run."""


sys.meta_path.append(_Finder())
