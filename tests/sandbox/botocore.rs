//! boto3 against a served sandbox, its raw answers held strictly against botocore's models.
