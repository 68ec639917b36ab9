"""What asks for mmcv's compiled operators is told that there are none."""


def check_ops_exist() -> bool:
    """False: the engine has no `mmcv.ops`; torch and torchvision have what its models need."""
    return False
