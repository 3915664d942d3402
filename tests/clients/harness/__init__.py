"""What runs the clients: the list, installation, the servers, the table."""
