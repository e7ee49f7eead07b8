"""The two buckets in S3, and what an image file is."""
