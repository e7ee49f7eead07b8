"""What all of the table's modules stand on: items, conditions, transactions, expiry."""
