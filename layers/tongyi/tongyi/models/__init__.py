"""What is spoken about: requests, records, replies and the catalog of models. No I/O."""
