"""Between protobuf and what catalog keeps: records and requests, and who may write them."""
