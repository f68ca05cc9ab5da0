"""Builds the compiled encoder while the tap is installed from source; hatchling runs it.

Without a C compiler the installation succeeds all the same, without the encoder.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from Cython.Build import cythonize
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CCompilerError, ExecError, PlatformError

MODULE = "tap_intercom_export.rows.compiled.block_encoder"
SOURCE = Path(*MODULE.split(".")).with_suffix(".pyx")


class EncoderBuildHook(BuildHookInterface[Any]):
    """Adds the extension module to a wheel, or puts it beside its source if that is editable."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the module.

        Args:
            version: `editable`, or another version of the target.
            build_data: What hatchling builds; changed in place.
        """
        if self.target_name != "wheel":
            return
        self._folder = TemporaryDirectory()
        place = SOURCE.with_suffix(sysconfig.get_config_var("EXT_SUFFIX"))
        try:
            built = built_module(Path(self.root), Path(self._folder.name))
        except (CCompilerError, ExecError, PlatformError) as error:
            self.app.display_warning(f"The tap is built without its compiled encoder: {error}")
            if version == "editable":
                Path(self.root, place).unlink(missing_ok=True)  # of an earlier source
            return
        if version == "editable":
            self._put(built, Path(self.root, place))
        else:
            build_data["force_include"][str(built)] = str(place)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    def finalize(self, *_: object) -> None:
        """Remove what is not needed after the build."""
        if self.target_name == "wheel":
            self._folder.cleanup()

    def _put(self, built: Path, place: Path) -> None:
        """Replace a file at once, as running processes and other installations may read it."""
        new = place.with_name(f"{place.name}.{Path(self._folder.name).name}")
        new.write_bytes(built.read_bytes())
        new.chmod(0o755)
        new.replace(place)


def built_module(root: Path, folder: Path) -> Path:
    """Compile the encoder and return the file of the module.

    Args:
        root: Folder of pyproject.toml.
        folder: Where all files are created.

    Raises:
        CCompilerError: The compiler fails.
        ExecError: The compiler cannot be run.
        PlatformError: No compiler is found.
    """
    extension = Extension(MODULE, [str(root / SOURCE)])
    modules = cythonize([extension], build_dir=str(folder), quiet=True)
    command = build_ext(Distribution({"name": "tap-intercom-export", "ext_modules": modules}))
    command.build_lib = command.build_temp = str(folder)
    command.ensure_finalized()
    command.run()
    (built,) = command.get_outputs()
    return Path(built)
