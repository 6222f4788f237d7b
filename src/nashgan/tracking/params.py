"""The section register of params.yaml."""

from typing import Annotated

from pydantic import Field

from nashgan.runtime.settings import Section


class RegisterParams(Section):
    """The registered model."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^/:]+$")]
