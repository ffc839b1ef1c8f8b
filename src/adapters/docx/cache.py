"""Keeps the last compiled templates of a process, by content and options."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable

from adapters.docx.limits import DEFAULT_LIMITS, Limits
from adapters.docx.options import DEFAULT_OPTIONS, TemplateOptions
from adapters.docx.template import CompiledTemplate, compile_template


class TemplateCache:
    """At most `count` templates; the one not asked for the longest goes first."""

    def __init__(self, count: int = 16, limits: Limits = DEFAULT_LIMITS) -> None:
        self._count, self._limits = count, limits
        self._known: OrderedDict[tuple[str, TemplateOptions], CompiledTemplate] = OrderedDict()

    def get(
        self,
        sha256: str,
        load: Callable[[], bytes],
        options: TemplateOptions = DEFAULT_OPTIONS,
    ) -> CompiledTemplate:
        """The template of that content; `load` is only called when it is not known.

        Raises what compile_template raises, and ValueError when `load` gives other content.
        """
        key = (sha256, options)
        found = self._known.get(key)
        if found is None:
            data = load()
            if hashlib.sha256(data).hexdigest() != sha256:
                raise ValueError("the template's content is not what was asked for")
            found = self._known[key] = compile_template(data, options, self._limits)
        self._known.move_to_end(key)
        while len(self._known) > self._count:
            self._known.popitem(last=False)
        return found
