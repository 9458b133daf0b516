"""Which other systems there are, and how they come into the virtual environment; each may be missing."""
import importlib.metadata
import importlib.util
import subprocess
import sys

# For each system: its module, and requirement lists to try in turn.
SYSTEMS = dict(
    jax=("jax", [["jax"]]),
    asdex=("asdex", [["asdex", "jax"]]),
    folx=("folx", [["folx", "jax"]]),
    torch=("torch", [["torch==2.13.0+cpu"], ["torch"]]),       # a build for processors alone, where pip can find one
    casadi=("casadi", [["casadi"]]),
    autograd=("autograd", [["autograd"]]),
    pyoptinterface=("pyoptinterface", [["pyoptinterface[nlp]"]]),
    paddle=("paddle", [["paddlepaddle"]]),
    handwritten=("scipy", [["scipy"]]),                        # NumPy and SciPy with derivatives worked out by hand
)
NEEDED = ["numpy", "scipy", "setuptools"]                      # setuptools: paddle and torch.compile import it


def is_installed(module):
    importlib.invalidate_caches()
    return importlib.util.find_spec(module) is not None


def pip(requirements):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements]
    return subprocess.run(command, stdout=sys.stderr).returncode == 0


def install(names, say):
    """Installs what is missing; gives the systems that could not be, with the reason."""
    missing = {}
    if not all(is_installed(m) for m in NEEDED) and not pip(NEEDED):
        sys.exit("numpy and scipy could not be installed; they are needed to generate the inputs")
    for name in names:
        module, attempts = SYSTEMS[name]
        if is_installed(module):
            continue
        say("installing %s" % name)
        if not any(pip(requirements) for requirements in attempts) or not is_installed(module):
            missing[name] = "pip could not install it"
            say("%s: %s; it is left out" % (name, missing[name]))
    return missing


def versions(names):
    packages = dict(paddle="paddlepaddle", handwritten="numpy")
    result = {}
    for name in names:
        try:
            result[name] = importlib.metadata.version(packages.get(name, name))
        except importlib.metadata.PackageNotFoundError:
            pass
    return result
