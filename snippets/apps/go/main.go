// Command orders-reader reads one object and one secret, round after round, with
// whatever role its pod has.
//
// Settings come from the environment: BUCKET, KEY, SECRET_ID; ROUNDS (0: for ever),
// INTERVAL_SECONDS; TARGET_ROLE_ARN and EXTERNAL_ID to work in another account.
// Nothing here knows IRSA or Pod Identity.
//
// Exit code: 0, 3 if a call was denied in the last round, 4 if there were no credentials.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

const (
	badSettings   = 2
	denied        = 3
	noCredentials = 4
)

type settings struct {
	bucket, key, secretID string
	targetRole, external  string
	rounds                int
	interval              time.Duration
	pathStyle             bool
}

func readSettings() (settings, error) {
	var s settings
	for name, value := range map[string]*string{
		"BUCKET": &s.bucket, "KEY": &s.key, "SECRET_ID": &s.secretID,
	} {
		if *value = os.Getenv(name); *value == "" {
			return s, fmt.Errorf("set %s", name)
		}
	}
	s.targetRole, s.external = os.Getenv("TARGET_ROLE_ARN"), os.Getenv("EXTERNAL_ID")
	// A stand-in for S3 on the loopback has no host name for each bucket.
	s.pathStyle = os.Getenv("S3_PATH_STYLE") == "true"
	s.interval = 30 * time.Second
	for name, take := range map[string]func(int){
		"ROUNDS":           func(n int) { s.rounds = n },
		"INTERVAL_SECONDS": func(n int) { s.interval = time.Duration(n) * time.Second },
	} {
		text := os.Getenv(name)
		if text == "" {
			continue
		}
		number, err := strconv.Atoi(text)
		if err != nil {
			return s, fmt.Errorf("%s: %q is no number", name, text)
		}
		take(number)
	}
	return s, nil
}

// reader holds one client for each service, for the life of the process: they keep and
// renew the keys.
type reader struct {
	settings settings
	sts      *sts.Client
	s3       *s3.Client
	secrets  *secretsmanager.Client
}

func newReader(ctx context.Context, s settings) (*reader, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	if s.targetRole != "" {
		chain := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), s.targetRole,
			func(o *stscreds.AssumeRoleOptions) {
				o.RoleSessionName = "orders-reader"
				if s.external != "" {
					o.ExternalID = aws.String(s.external)
				}
			})
		// The cache renews the chain's keys before they end.
		cfg.Credentials = aws.NewCredentialsCache(chain)
	}
	return &reader{
		settings: s,
		sts:      sts.NewFromConfig(cfg),
		s3:       s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = s.pathStyle }),
		secrets:  secretsmanager.NewFromConfig(cfg),
	}, nil
}

// read says who this is, and the sizes of object and secret: a log must not hold a secret.
func (r *reader) read(ctx context.Context) (map[string]any, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	me, err := r.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	found, err := r.s3.GetObject(ctx, &s3.GetObjectInput{
		Bucket: aws.String(r.settings.bucket), Key: aws.String(r.settings.key),
	})
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Body.Close() }()
	body, err := io.ReadAll(found.Body)
	if err != nil {
		return nil, err
	}
	secret, err := r.secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: aws.String(r.settings.secretID),
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"identity": aws.ToString(me.Arn),
		"object":   len(body),
		"secret":   len(aws.ToString(secret.SecretString)),
	}, nil
}

// outcome turns an error into what is printed and the exit code that it stands for.
func outcome(err error) (map[string]any, int, bool) {
	if err == nil {
		return nil, 0, true
	}
	// The signer wraps what the credential providers say.
	if strings.Contains(err.Error(), "failed to refresh cached credentials") ||
		strings.Contains(err.Error(), "get identity: get credentials") {
		return map[string]any{"no_credentials": err.Error()}, noCredentials, true
	}
	var refusal smithy.APIError
	if errors.As(err, &refusal) {
		switch refusal.ErrorCode() {
		case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation":
			return map[string]any{"denied": refusal.ErrorMessage()}, denied, true
		}
	}
	return nil, 1, false
}

func run() int {
	ctx := context.Background()
	s, err := readSettings()
	if err != nil {
		fmt.Fprintln(os.Stderr, "orders-reader:", err)
		return badSettings
	}
	r, err := newReader(ctx, s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "orders-reader:", err)
		return badSettings
	}
	for round := 1; ; round++ {
		line, err := r.read(ctx)
		refused, code, known := outcome(err)
		if !known {
			fmt.Fprintln(os.Stderr, "orders-reader:", err)
			return code
		}
		if refused != nil {
			line = refused
		}
		if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
			return 1
		}
		if round == s.rounds {
			return code
		}
		time.Sleep(s.interval)
	}
}

func main() { os.Exit(run()) }
