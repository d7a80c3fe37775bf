"""The only package that knows Faust, Kafka topics, HTTP and the command line."""
