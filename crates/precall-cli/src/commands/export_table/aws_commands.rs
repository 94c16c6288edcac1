//! The commands that make a table of an export.

use std::path::Path;

use precall_hook::store::TableSchema;

/// Returns the commands that make a table of the files in a folder.
pub fn aws_commands(table: &str, folder: &Path) -> String {
    let schema: Vec<String> = TableSchema::RULES
        .keys()
        .map(|(name, kind)| format!("{{AttributeName={name},KeyType={}}}", kind.as_str()))
        .collect();
    let types: Vec<String> =
        TableSchema::RULES.keys().map(|(name, _)| format!("{{AttributeName={name},AttributeType=S}}")).collect();
    let (schema, types, expiry) = (schema.join(","), types.join(","), TableSchema::RULES.expiry());
    let folder = folder.display();
    format!(
        "To make a table from these files (replace BUCKET with the name of your bucket):\n\n\
         aws s3 cp --recursive {folder} s3://BUCKET/{table}/\n\
         aws dynamodb import-table \\\n  \
           --s3-bucket-source S3Bucket=BUCKET,S3KeyPrefix={table}/ \\\n  \
           --input-format DYNAMODB_JSON --input-compression-type GZIP \\\n  \
           --table-creation-parameters 'TableName={table},BillingMode=PAY_PER_REQUEST,\
         KeySchema=[{schema}],AttributeDefinitions=[{types}]'\n\
         aws dynamodb list-imports          # until the status is COMPLETED\n\
         aws dynamodb update-time-to-live --table-name {table} \\\n  \
           --time-to-live-specification Enabled=true,AttributeName={expiry}\n\
         aws dynamodb update-continuous-backups --table-name {table} \\\n  \
           --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true\n\
         scripts/set-parameter.sh ExistingRulesTable={table} && sam deploy   # in precall's folder, with its samconfig.toml\n"
    )
}
