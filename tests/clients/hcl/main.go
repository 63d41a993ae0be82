// Reads a JSON object of names to HCL texts, and says of each how `terraform fmt` would write it
// and what its blocks say. hclwrite is the formatter that Terraform itself uses.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

type block struct {
	Type       string                     `json:"type"`
	Labels     []string                   `json:"labels"`
	Attributes map[string]json.RawMessage `json:"attributes"`
	Blocks     []block                    `json:"blocks"`
}

type answer struct {
	Formatted string  `json:"formatted"`
	Blocks    []block `json:"blocks"`
	Error     string  `json:"error,omitempty"`
}

var context = &hcl.EvalContext{
	Functions: map[string]function.Function{"jsonencode": stdlib.JSONEncodeFunc},
}

func read(text string) (answer, error) {
	file, diagnostics := hclsyntax.ParseConfig([]byte(text), "snippet.tf", hcl.InitialPos)
	if diagnostics.HasErrors() {
		return answer{}, diagnostics
	}
	formatted := string(hclwrite.Format([]byte(text)))
	return answer{Formatted: formatted, Blocks: blocks(text, file.Body.(*hclsyntax.Body))}, nil
}

func blocks(text string, body *hclsyntax.Body) []block {
	found := []block{}
	for _, one := range body.Blocks {
		attributes := map[string]json.RawMessage{}
		for name, attribute := range one.Body.Attributes {
			attributes[name] = value(text, attribute.Expr)
		}
		found = append(found, block{one.Type, one.Labels, attributes, blocks(text, one.Body)})
	}
	return found
}

// value gives a constant's JSON, and {"expression": SOURCE} for what needs a provider; of a template
// the "parts" too, each as value gives it.
func value(text string, expression hclsyntax.Expression) json.RawMessage {
	known, diagnostics := expression.Value(context)
	if diagnostics.HasErrors() || !known.IsWhollyKnown() {
		source := map[string]any{"expression": string(expression.Range().SliceBytes([]byte(text)))}
		if template, ok := expression.(*hclsyntax.TemplateExpr); ok {
			parts := []json.RawMessage{}
			for _, part := range template.Parts {
				parts = append(parts, value(text, part))
			}
			source["parts"] = parts
		}
		raw, err := json.Marshal(source)
		if err != nil {
			log.Fatal(err)
		}
		return raw
	}
	raw, err := ctyjson.Marshal(known, cty.DynamicPseudoType)
	if err != nil {
		log.Fatal(err)
	}
	var typed struct {
		Value json.RawMessage `json:"value"`
	}
	if err := json.Unmarshal(raw, &typed); err != nil {
		log.Fatal(err)
	}
	return typed.Value
}

func main() {
	var texts map[string]string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		log.Fatal(err)
	}
	answers := map[string]answer{}
	for name, text := range texts {
		found, err := read(text)
		if err != nil {
			found.Error = err.Error()
		}
		answers[name] = found
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
