//! How each type of credential gets its token: first the one who shows a secret gets one, then each account that is acted as
//! gets its own with that of the one before.
//!
//! These lines are actions of the host, by the number that each has on a boundary; the line behind one is followed when the
//! host has done it. What came, if it is a line of text, is `body`. A failure is `why`; it goes to the mark of the next line if
//! that is one for failures, else to the mark of its number, or to `H` where an answer to a request is no success. The
//! next line may be one that reads tokens, which knows what such an answer means.
//!
//! | line | what is done |
//! |---|---|
//! | `2key\|text` | signs with the credential's key |
//! | `3method\|url\|ms\|certificate\|body\|headers` | sends a request |
//! | `4path` | reads a file |
//! | `5function\|what\|for` | calls a function of the caller's |
//! | `7NAME\|…` | reads variables of the environment, each noted by its name |
//! | `8ms\|command\|NAME=text\|…` | runs a program |
//! | `9leaf\|chain` | reads certificates, as a JSON array of base64, the leaf first |
//!
//! And these need no host:
//!
//! | line | what is done |
//! |---|---|
//! | `.` | a file is good, and what is next is how a token is had; or the `token` is had |
//! | `w` | notes what is wanted of the next token: the caller's `scopes` or `target_audience`, or to act as an account |
//! | `bname\|text`, `Bname\|text` | notes a text in base64url, in base64 |
//! | `hname\|text` | notes the SHA-256 of a text, in hexadecimal digits |
//! | `Mname\|key\|text\|…` | notes the HMAC of the last text, its key being that of the one before, and so on |
//! | `zname\|text` | notes a text without its last character |
//! | `Jname\|path` | notes a member of the JSON that came |
//! | `Tid\|access\|life` | reads tokens: the members of an ID token, of an access token, and of how long that one lives or when it ends |
//! | `U…` | the same where the endpoint has a say in whom an ID token is for |
//! | `Dmark\|life` | takes what came as the token, which lives for so many milliseconds at least; goes to the mark if it is none |
//! | `O` | keeps the new refresh token |
//! | `Nmark` | turns to the next account to act as; where there is none, goes to the mark |
//! | `Lplace` | becomes the credential whose file came, and begins anew |
//! | `a` | remembers that no metadata server is there |
//!
//! Noted from the begin on: `now` and `end` in seconds, `day` and `clock` in the digits of ISO 8601, `ms` that a request may take, `probe` that the metadata
//! server may; `id`, if the file is of whom an ID token is wanted; `inner`, if it is a source of
//! another; `absent`, if no metadata server was there a short while ago. `iam` is where the next account to act as is. `print`
//! tells the key from every other. What the caller says is `universeDomain`, `subject`, `credentialType`, `selfSigned`,
//! `userIdTokens`, `subjectToken`, `emulator`, `file`, `gcloud`, and `lacks`, what the host has not.

/// Each part of it begins where one can be gone to.
pub(super) const BOOK: &str = concat!(
    // What a file is.
    r#"
:read
=quota|$.quota_project_id
?$.type|typed
-`$.private_key$.client_email`
=.type|service_account
-|typed
:
-`$.web``$.installed`
!ithe credential is of an OAuth client. Give the file of an account.
:
=bad|type
-|bad
:typed
-$credentialType
@$.type|$credentialType
!ithe credential's type is !.type, but $credentialType was asked for.
:kind
-$.universe_domain
@$.universe_domain|$universeDomain
!ithe credential's universe_domain is not $universeDomain. Give it as the option universeDomain.
:
/to|x|:generate|$.service_account_impersonation_url
/y|account|/serviceAccounts/|$to
-$.service_account_impersonation_url|.$.type
=bad|service_account_impersonation_url
v$x|AccessToken IdToken|bad
/x|y|/|$account
?$y|bad
/x|y|?|$to
?$y|bad
?$account|.$.type
:bad
!hthe credential's $bad is missing, or not what it can be. Give its file whole.
"#,
    // AIP-4112 and RFC 7523, section 2.1; AIP-4111 for tokens of its own. Another universe knows no other, and IAM makes its ID
    // tokens for them. A `subject` is a user, by domain-wide delegation.
    r#":.service_account
nclient_email private_key
=token_uri|https://oauth2.googleapis.com/token
=token_uri|$.token_uri
@$universeDomain|googleapis.com
=iam|https://iamcredentials.$universeDomain/v1/projects/-/serviceAccounts/$.client_email
=other|1
:
.
?`$subject$id`|nosub
?`$subject$inner`|nosub
=who|$.client_email
?$id
/iam|x|:|
w
:
?$other
@`$selfSigned@scopes`|true
=aud|$token_uri
=sub|$subject
-|jwt
:
?$subject|nosub
=sub|$.client_email
:jwt
bh|{"alg":"RS256","typ":"JWT"`,"kid":"~.private_key_id"`}
bc|{"iat":$now,"exp":$end,"iss":"~.client_email"`,"aud":"~aud"``,"sub":"~sub"``,"scope":"~scopes"``,"target_audience":"~target_audience"`}
=signed|$h.$c
2$print|$signed
?$aud
=token|$signed.$body
-|act
:
3POST|^token_uri|$ms||grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=$signed.$body|content-type|application/x-www-form-urlencoded|accept|application/json
Tid_token|access_token|expires_in
-|act
"#,
    // RFC 6749, section 6. Google takes the client in the form, a workforce pool in a header (RFC 7617). No scopes are asked for,
    // as in the libraries of Google: what the user granted is granted, and a scope that is less by another name would be refused.
    r#":.external_account_authorized_user
nclient_id client_secret refresh_token token_url
=token_uri|$.token_url
-|user
:.authorized_user
nclient_id client_secret refresh_token
=client|&client_id=*.client_id&client_secret=*.client_secret
=token_uri|https://oauth2.googleapis.com/token
=token_uri|$.token_uri
:user
.
?$subject|nosub
?`$target_audience@.token_url`|no_id
v$userIdTokens|false
?$target_audience|nouser
:
=who|the user
Bbasic|$.client_id:$.client_secret
3POST|^token_uri|$ms||grant_type=refresh_token&refresh_token=*.refresh_token$client|content-type|application/x-www-form-urlencoded|accept|application/json`|authorization|Basic $basic@.token_url`
Uid_token|access_token|expires_in
Jrotated|refresh_token
O
-|act
:nouser
!ia user's ID tokens are for an OAuth client, not for the audience. Give a service account.
:nosub
!ithe option subject is for a service account's access tokens. Leave it out, or give scopes.
"#,
    // An account to act as; what follows is read of its source.
    r#":.impersonated_service_account
nservice_account_impersonation_url source_credentials
i
ntype
-|kind
"#,
    // AIP-4117 and RFC 8693. A file names one source of its subject token, unless the caller does. What AWS asks its instance is
    // not for GitHub's hosts.
    r#":.external_account
naudience subject_token_type token_url
=all|`a@.credential_source.environment_id``u@.credential_source.url``f@.credential_source.file``e@.credential_source.executable.command``c@.credential_source.certificate`
=all|`n@subjectToken`
=bad|credential_source
v$all|a au u f e c n|bad
=bad|credential_source.environment_id
vx$.credential_source.environment_id|x xaws1|bad
=bad|credential_source.url
/x|y|.githubusercontent.|$.credential_source.url
?`$y@.credential_source.environment_id`|bad
=bad|credential_source.format
vx$.credential_source.format.type`j@.credential_source.format.subject_token_field_name`|x xtext xtextj xjsonj|bad
=bad|credential_source.executable.timeout_millis
#$.credential_source.executable.timeout_millis|5000|120000|bad
=bad|service_account_impersonation.token_lifetime_seconds
#$.service_account_impersonation.token_lifetime_seconds|600|43200|bad
=iam|$to
?$.client_id
=options|`{"userProject":"~.workforce_pool_user_project"}`
:
.
?$subject|nosub
=who|the workload
=role|the source of the subject token
-$target_audience|from_$all
:no_id
!ian external account has ID tokens only as a service account that it impersonates.
:from_f
@files|$lacks|no_host
=place|$.credential_source.file
4$place
-|subject
:from_u
3GET|$.credential_source.url|$ms||$.credential_source.headers
-|subject
:from_n
@$subjectToken|github|github
@$subjectToken|vercel
5$subjectToken|2|$.subject_token_type $.audience
-|subject
:vercel
7VERCEL_OIDC_TOKEN
=got|$VERCEL_OIDC_TOKEN
=got|$vercel
?$got|sts
!gVERCEL_OIDC_TOKEN is not set. Turn OIDC on for the project.
:github
7ACTIONS_ID_TOKEN_REQUEST_URL|ACTIONS_ID_TOKEN_REQUEST_TOKEN
?`$ACTIONS_ID_TOKEN_REQUEST_URL$ACTIONS_ID_TOKEN_REQUEST_TOKEN`
!gACTIONS_ID_TOKEN_REQUEST_URL is not set. Give the job the permission id-token: write.
:
3GET|$ACTIONS_ID_TOKEN_REQUEST_URL&audience=*.audience|$ms|||accept|application/json|authorization|Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN
Jgot|value
-|sts
:subject
@$.credential_source.format.type$subjectToken|json
=got|$body
-|sts
:
Jgot|$.credential_source.format.subject_token_field_name
:sts
-$got
=role|the token endpoint
Bbasic|$.client_id:$.client_secret
3POST|^.token_url|$ms|$shows|grant_type=urn:ietf:params:oauth:grant-type:token-exchange&requested_token_type=urn:ietf:params:oauth:token-type:access_token&audience=*.audience&scope=*scopes&subject_token_type=*.subject_token_type&subject_token=*got`&options=*options`|content-type|application/x-www-form-urlencoded|accept|application/json`|authorization|Basic $basic@.client_id`
T|access_token|expires_in
-|act
:
=why|it is empty
:H
!o$role ($place) gave no subject token: $why. Try again later.
"#,
    // The keys and the region of AWS: from the environment, else from the metadata service of the instance (IMDSv2). The token is
    // a signed request for GetCallerIdentity, which Google sends on; signed as AWS's Signature Version 4 says.
    r#":from_a
:from_au
7AWS_REGION|AWS_DEFAULT_REGION|AWS_ACCESS_KEY_ID|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN
=region|$AWS_DEFAULT_REGION
=region|$AWS_REGION
?`$region$AWS_ACCESS_KEY_ID$AWS_SECRET_ACCESS_KEY`|signs
-$.credential_source.imdsv2_session_token_url
3PUT|$.credential_source.imdsv2_session_token_url|$ms|||x-aws-ec2-metadata-token-ttl-seconds|300
=imds|`|x-aws-ec2-metadata-token|$body`
:
?$region
-$.credential_source.region_url|no_aws
3GET|$.credential_source.region_url|$ms||$imds
zregion|$body
:
?`$AWS_ACCESS_KEY_ID$AWS_SECRET_ACCESS_KEY`
-$.credential_source.url|no_aws
3GET|$.credential_source.url|$ms||$imds
3GET|$.credential_source.url/*body|$ms||$imds
JAWS_ACCESS_KEY_ID|AccessKeyId
JAWS_SECRET_ACCESS_KEY|SecretAccessKey
JAWS_SESSION_TOKEN|Token
:
?`$region$AWS_ACCESS_KEY_ID$AWS_SECRET_ACCESS_KEY`|signs
:no_aws
!gthere is no key or no region of AWS. Set AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the instance a role.
:signs
=x|https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15
=x|$.credential_source.regional_cred_verification_url
/front|rest|{region}|$x
=url|$front`$region$rest`
/x|rest|://|$url
/host|query|?|$rest
/host|x|/|$host
=date|$day`T$clock`Z
=scope|$day/$region/sts/aws4_request
=names|host;x-amz-date;`x-amz-security-token@AWS_SESSION_TOKEN;`x-goog-cloud-target-resource
hbody|
hhash|POST\/\$query\host:$host\x-amz-date:$date\`x-amz-security-token:$AWS_SESSION_TOKEN\`x-goog-cloud-target-resource:$.audience\\$names\$body
Msigned|AWS4$AWS_SECRET_ACCESS_KEY|$day|$region|sts|aws4_request|AWS4-HMAC-SHA256\$date\$scope\$hash
=signed|AWS4-HMAC-SHA256 Credential=$AWS_ACCESS_KEY_ID/$scope, SignedHeaders=$names, Signature=$signed
=got|{"url":"~url","method":"POST","headers":[{"key":"Authorization","value":"~signed"},{"key":"host","value":"~host"},{"key":"x-amz-date","value":"~date"},`{"key":"x-amz-security-token","value":"~AWS_SESSION_TOKEN"},`{"key":"x-goog-cloud-target-resource","value":"~.audience"}]}
=got|*got
-|sts
"#,
    // A program that prints a subject token. Whoever can write the file can run what it names, so it is run only where the
    // environment says that it may be. What an earlier run left in a file is used for as long as it lasts.
    r#":from_e
@programs|$lacks|no_host
7GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES
@$GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES|1
!ithe credential names a program to run. If you trust it, set GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES=1.
:
-$.credential_source.executable.output_file
4$.credential_source.executable.output_file
*
-|said
:runs
=ran|1
=millis|30000
=millis|$.credential_source.executable.timeout_millis
8$millis|$.credential_source.executable.command|GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE=$.audience|GOOGLE_EXTERNAL_ACCOUNT_TOKEN_TYPE=$.subject_token_type|GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE=0`|GOOGLE_EXTERNAL_ACCOUNT_OUTPUT_FILE=$.credential_source.executable.output_file``|GOOGLE_EXTERNAL_ACCOUNT_IMPERSONATED_EMAIL=$account`
:said
Jsuccess|success
Jversion|version
Jtoken_type|token_type
Jends|expiration_time
Jwhy|message
v$success,$version|true,1
v$token_type|urn:ietf:params:oauth:token-type:jwt urn:ietf:params:oauth:token-type:id_token urn:ietf:params:oauth:token-type:saml2
@`x@.credential_source.executable.output_file`$ends|x
#$ends|$now|99999999999
Jgot|id_token
?$got|sts
Jgot|saml_response
?$got|sts
:
-$ran|runs
!gthe program for the subject token gave none of version 1 that has a type and has not expired: !why
"#,
    // A client certificate in place of a token: the transport shows that it has the key (RFC 8705), the subject token is the chain.
    r#":no_host
!uthis runtime has no $lacks. Use the option subjectToken, or Node.
:from_c
@certificates|$lacks|no_host
7GOOGLE_API_CERTIFICATE_CONFIG|CLOUDSDK_CONFIG|HOME|APPDATA
=config|`$HOME/.config/gcloud`
=config|`$APPDATA/gcloud`
=config|$CLOUDSDK_CONFIG
=place|`$config/certificate_config.json`
=place|$GOOGLE_API_CERTIFICATE_CONFIG
=place|$.credential_source.certificate.certificate_config_location
4$place
Jleaf|cert_configs.workload.cert_path
Jkey|cert_configs.workload.key_path
?`$leaf$key`
!gthe certificate configuration ($place) has no cert_configs.workload with cert_path and key_path.
:
=place|$leaf
9$leaf|$.credential_source.certificate.trust_chain_path
=got|$body
=shows|$leaf\$key
-|sts
"#,
    // The metadata server, gcloud, and functions of the caller's. Ours is the first as a type: no file of Google's has it. How long its
    // access tokens live gcloud does not say: a minute, so that not each call starts it, and a 401 ends it sooner.
    r#":.metadata_server
.
7GCE_METADATA_HOST|GCE_METADATA_ROOT|GCE_METADATA_IP
:server
=root|http://169.254.169.254
=root|$emulator
=root|`http://$GCE_METADATA_IP`
=root|`http://$GCE_METADATA_ROOT`
=root|`http://$GCE_METADATA_HOST`
?$searching|probe
:metadata
?$subject|nosub
=who|the metadata server
=role|$who
=account|default
=account|$.service_account
=format|full
=format|$.format
-$scopes
3GET|$root/computeMetadata/v1/instance/service-accounts/*account/token?scopes=+scopes|$ms|||metadata-flavor|Google
T|access_token|expires_in
-|act
:
3GET|$root/computeMetadata/v1/instance/service-accounts/*account/identity?audience=*target_audience&format=*format`&licenses=*.licenses`|$ms|||metadata-flavor|Google
T
-|act
:gcloud
?$subject|nosub
@`$userIdTokens@target_audience`|false|nouser
830000|gcloud auth print-`access@scopes``identity@target_audience`-token --quiet
*no_gcloud
=why|it printed no token
/x|y|.|$body`.x@scopes`
-$y|no_gcloud
Dno_gcloud|60000
-|act
:function
5$function|`1@scopes`|$scopes$target_audience
D5
"#,
    // IAM's service account credentials API.
    r##":act
-$iam|acted
=url|$iam
/iam|x|:|
/x|who|/serviceAccounts/|$url
=lifetime|3600
=lifetime|$.service_account_impersonation.token_lifetime_seconds
w
-$scopes
3POST|^url:generateAccessToken|$ms|$shows|{"scope":["#scopes"],"lifetime":"$lifetime`s"``,"delegates":$.delegates`}|content-type|application/json|authorization|Bearer $token`|x-goog-user-project|$payer`
T|accessToken|expireTime
-|acted
:
3POST|^url:generateIdToken|$ms|$shows|{"audience":"~target_audience","includeEmail":true`,"delegates":$.delegates`}|content-type|application/json|authorization|Bearer $token`|x-goog-user-project|$payer`
Ttoken
:acted
=payer|$.quota_project_id
N
/iam|x|:generate|$.service_account_impersonation_url
-|act
:
.
"##,
    // Application Default Credentials (AIP-4110 and AIP-4115). Whoever finds nothing is told of every place, and why it had nothing.
    r#":search
?$function|function
=tried|This runtime has no files
@files|$lacks|nothing
-$file
=role|GOOGLE_APPLICATION_CREDENTIALS
=place|$file
4$file
LGOOGLE_APPLICATION_CREDENTIALS ($file)
:
7CLOUDSDK_CONFIG|HOME|APPDATA|GCE_METADATA_HOST|GCE_METADATA_ROOT|GCE_METADATA_IP|METADATA_SERVER_DETECTION|NO_GCE_CHECK|K_SERVICE|CLOUD_RUN_JOB|FUNCTION_NAME
=config|`$HOME/.config/gcloud`
=config|`$APPDATA/gcloud`
=config|$CLOUDSDK_CONFIG
=place|`$config/application_default_credentials.json`
4$place
*
Lgcloud's file ($place)
:
=tried|GOOGLE_APPLICATION_CREDENTIALS is not set; gcloud's file ($place): $why
v$credentialType| metadata_server|nothing
=searching|1
-|server
:probe
=why|turned off by METADATA_SERVER_DETECTION or NO_GCE_CHECK
@$METADATA_SERVER_DETECTION|none|off
@$METADATA_SERVER_DETECTION|assume-present|metadata
@$NO_GCE_CHECK|true|off
?$K_SERVICE$CLOUD_RUN_JOB$FUNCTION_NAME|metadata
@$METADATA_SERVER_DETECTION|bios-only
=why|it was not there a short while ago
?$absent|off
3GET|$root/|$probe|||metadata-flavor|Google
*absent
-|metadata
:
4/sys/class/dmi/id/product_name
*off
=why|the machine is not Google's
@$body|Google Google Compute Engine|metadata
-|off
:absent
a
:off
=tried|$tried; the metadata server: $why
@programs|$lacks|nothing
@$gcloud|false|nothing
?$credentialType|nothing
-|gcloud
:no_gcloud
=tried|$tried; gcloud itself: $why
:nothing
!fthere is no credential. $tried. Give one as the option credential, or sign in: gcloud auth application-default login.
"#,
    // What it means that the host failed.
    r#":2
!kthe credential's private_key could not sign: $why. Look at it.
:3
!n$role ($place) could not be reached: $why. Try again later.
:4
:7
:9
!g$role ($place) could not be read: $why.
:5
!lthe credential function failed: $why.
:8
!gthe program for the subject token failed: $why.
"#
);
