"""MLflow's plug-in: every run that is started inside a nashgan repository carries the lineage tags.

MLflow imports its plug-ins whenever it starts, also in a server of a logged model. That model brings the nashgan it was
made with, so this module stands outside the package and imports it only when a run is tagged.
"""

import os

from mlflow.tracking.context.abstract_context import RunContextProvider


class LineageContext(RunContextProvider):
    """Entry point of the group ``mlflow.run_context_provider``."""

    def in_context(self) -> bool:
        """Inside a DVC stage or a nashgan repository."""
        return "DVC_STAGE" in os.environ or bool(self.tags())

    def tags(self) -> dict[str, str]:
        """Git and DVC state of the workspace around the working directory; nothing outside of one."""
        from nashgan.records.paths import Paths
        from nashgan.runtime.errors import UserError
        from nashgan.tracking.lineage import lineage_tags

        try:
            return lineage_tags(Paths.find().root)
        except UserError:
            return {}
