"""What each kind's `spec` may say: tables of keys, and checks that need no other manifest.

What needs the whole module (names of other components, files) is left to claims.
"""

from collections.abc import Callable

from faasctl.manifest.kinds.api import API_SPEC_SECTION
from faasctl.manifest.kinds.box import BOX_SPEC
from faasctl.manifest.kinds.ensemble import ENSEMBLE_SPEC
from faasctl.manifest.kinds.function import FUNCTION_SPEC
from faasctl.manifest.kinds.pipeline import PIPELINE_SPEC
from faasctl.manifest.sections import Section
from faasctl.model import Component

SPECS: dict[str, Section[Callable[..., Component]]] = {
    "MLComponent": FUNCTION_SPEC,
    "Ensemble": ENSEMBLE_SPEC,
    "ExperimentPipeline": PIPELINE_SPEC,
    "APIComponent": API_SPEC_SECTION,
    "DataBox": BOX_SPEC,
}
