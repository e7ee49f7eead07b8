"""What the steps of image_task decide by: circuits, doubts, lines, lost submissions."""
