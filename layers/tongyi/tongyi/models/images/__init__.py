"""Images: models, sizes, requests and their bodies, reference images, the hosts of results."""
