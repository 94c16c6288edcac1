#!/bin/sh
# Credentials of an AWS role for a service account of Google's, without a key that lasts: the metadata server's
# identity token for temporary credentials. For `credential_process` of ~/.aws/config.
set -eu
: "${AWS_ROLE_ARN:?set it to the role that trusts the service account}"
region=${AWS_REGION:-us-east-1}
metadata=${GCE_METADATA_HOST:-metadata.google.internal}
sts=${PRECALL_STS_URL:-https://sts.$region.amazonaws.com}

token=$(curl --silent --show-error --fail --max-time 5 --header 'Metadata-Flavor: Google' \
    "http://$metadata/computeMetadata/v1/instance/service-accounts/default/identity?audience=${AWS_ROLE_AUDIENCE:-precall}&format=full")
curl --silent --show-error --fail --max-time 5 --header 'Accept: application/json' \
    --data Action=AssumeRoleWithWebIdentity --data Version=2011-06-15 \
    --data-urlencode "RoleArn=$AWS_ROLE_ARN" --data RoleSessionName=precall \
    --data-urlencode "WebIdentityToken=$token" "$sts/" |
    jq '.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.Credentials
        | {Version: 1, AccessKeyId, SecretAccessKey, SessionToken,
           Expiration: (if (.Expiration | type) == "number" then (.Expiration | floor | todate) else .Expiration end)}'
