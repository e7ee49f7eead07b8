"""tongyi: the code behind the Lambda functions of tongyi-gateway.

Imports point one way: functions → usecases → gateways → models, errors, config.
Importing any module here does no I/O and reads no environment.
"""

__version__ = "0.1.0"
