"""CopyOfSGD: the example of an optimizer of one's own."""

from torch.optim import SGD

from mmaction_min.runner import OPTIMIZERS


@OPTIMIZERS.register_module()
class CopyOfSGD(SGD):
    """`torch.optim.SGD` under another name: `optimizer = dict(type='CopyOfSGD', lr=0.01, momentum=0.9)`."""
