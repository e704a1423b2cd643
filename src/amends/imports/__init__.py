"""Files of accounts, users, members, products, plans, payments and activity, read line by line."""
