// A program that knows nothing of the lab: who am I, and what does the bucket hold?
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
)

func run(ctx context.Context, bucket, key string) (map[string]string, error) {
	settings, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, err
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	client := s3.NewFromConfig(settings, func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader("from a pod"),
	})
	if err != nil {
		return nil, err
	}
	found, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer found.Body.Close()
	text, err := io.ReadAll(found.Body)
	return map[string]string{"arn": aws.ToString(identity.Arn), "text": string(text)}, err
}

func main() {
	answer, err := run(context.Background(), os.Args[1], os.Args[2])
	if err != nil {
		answer = map[string]string{"error": "error", "message": err.Error()}
		var refused smithy.APIError
		if errors.As(err, &refused) {
			answer["error"] = refused.ErrorCode()
		}
	}
	printed, _ := json.Marshal(answer)
	fmt.Println(string(printed))
}
