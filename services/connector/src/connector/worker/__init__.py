"""The process beside a partner: transports only, without database and broker."""
