"""The agent: carries one claimed run out on the database, and undoes it when it makes things worse."""
