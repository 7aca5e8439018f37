package claims

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"
	"gopkg.in/yaml.v3"

	"github.com/claimbook/claimbook/internal/date"
	"github.com/claimbook/claimbook/internal/fault"
)

// ReadSetup reads a practice's set-up from YAML and checks its shape: every
// problem is reported with its line, not only the first. name is the file's,
// for the message.
func ReadSetup(r io.Reader, name string) (Setup, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return Setup{}, fault.Environmentf("CB-SETUP-001", "the set-up file cannot be read").At(name).Because(err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(raw, &document); err != nil {
		return Setup{}, yamlFault(name, err)
	}
	if document.Kind == 0 {
		return Setup{}, fault.Invalidf("CB-SETUP-002", "the set-up file is empty").At(name).
			WithFix("it starts with the key practice:; docs/claims.md shows one")
	}
	var setup Setup
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true) // a misspelt key is refused, never silently dropped
	if err := decoder.Decode(&setup); err != nil {
		return Setup{}, yamlFault(name, err)
	}
	if problems := setup.problems(); len(problems) > 0 {
		lines := make([]string, 0, len(problems))
		for _, p := range problems {
			lines = append(lines, fmt.Sprintf("line %d, %s: %s", lineOf(&document, p.path), p.path, p.message))
		}
		return Setup{}, fault.Invalidf("CB-SETUP-004", "%s", strings.Join(lines, "; ")).At(name).
			WithFix("correct the file and import it again; nothing was changed")
	}
	return setup, nil
}

// Validate checks a set-up that did not come from a file.
func (s Setup) Validate() error {
	problems := s.problems()
	if len(problems) == 0 {
		return nil
	}
	return fault.Invalidf("CB-SETUP-004", "%s: %s", problems[0].path, problems[0].message).At("set-up")
}

type setupProblem struct{ path, message string }

// maxProblems bounds the message about a file that is wrong throughout.
const maxProblems = 20

func (s Setup) problems() []setupProblem {
	var found []setupProblem
	add := func(path, format string, args ...any) {
		if len(found) < maxProblems {
			found = append(found, setupProblem{path, fmt.Sprintf(format, args...)})
		}
	}
	var shape validator.ValidationErrors
	if err := setupValidator().Struct(s); errors.As(err, &shape) {
		for _, field := range shape {
			path := strings.TrimPrefix(field.Namespace(), "Setup.")
			add(strings.ReplaceAll(path, "Address.", ""), "%s", shapeMessage(field))
		}
	}
	s.references(add)
	return found
}

// references checks that every code that is used is also defined. What an
// earlier import defined must be in this file too: a set-up file is whole.
func (s Setup) references(add func(path, format string, args ...any)) {
	partners, payers, guarantors := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, p := range s.Partners {
		partners[p.Code] = true
	}
	for i, p := range s.Payers {
		payers[p.Code] = true
		if !partners[p.Partner] {
			add(fmt.Sprintf("payers[%d].partner", i), "no partner has the code %q", p.Partner)
		}
	}
	for _, g := range s.Guarantors {
		guarantors[g.Account] = true
	}
	for i, p := range s.Patients {
		if !guarantors[p.Guarantor] {
			add(fmt.Sprintf("patients[%d].guarantor", i), "no guarantor has the account %q", p.Guarantor)
		}
		for j, c := range p.Coverages {
			path := fmt.Sprintf("patients[%d].coverages[%d]", i, j)
			if !payers[c.Payer] {
				add(path+".payer", "no payer has the code %q", c.Payer)
			}
			if c.Relationship != "" && c.Relationship != "18" && c.Subscriber == nil {
				add(path+".subscriber", "a patient who is not the subscriber needs one")
			}
			if !c.To.IsZero() && c.To.Before(c.From) {
				add(path+".to", "the coverage ends before it begins")
			}
		}
	}
}

var practiceCode = regexp.MustCompile(`^[A-Z0-9-]{1,20}$`)
var shortCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,20}$`)
var zipCode = regexp.MustCompile(`^[0-9]{5}([0-9]{4})?$`)

var setupValidator = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(field reflect.StructField) string {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		return name
	})
	v.RegisterCustomTypeFunc(func(field reflect.Value) any { return field.Interface().(date.Date).String() }, date.Date{})
	for tag, pattern := range map[string]*regexp.Regexp{"practice_code": practiceCode, "code": shortCode, "zip": zipCode} {
		must(v.RegisterValidation(tag, func(f validator.FieldLevel) bool { return pattern.MatchString(f.Field().String()) }))
	}
	must(v.RegisterValidation("regexp", func(f validator.FieldLevel) bool {
		_, err := regexp.Compile(f.Field().String())
		return err == nil
	}))
	return v
})

// must panics on a mistake in this program: a validation without a name.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

func shapeMessage(field validator.FieldError) string {
	switch field.Tag() {
	case "required":
		return "is required"
	case "oneof":
		return "must be one of: " + strings.ReplaceAll(field.Param(), " ", ", ")
	case "len":
		return "must have " + field.Param() + " characters"
	case "max":
		return "is too long or too large: at most " + field.Param()
	case "min", "gte":
		return "must be at least " + field.Param()
	case "gt":
		return "must be more than " + field.Param()
	case "number":
		return "must be digits only"
	case "unique":
		return "two of them have the same " + strings.ToLower(field.Param())
	case "zip":
		return "must be 5 or 9 digits without a dash"
	case "code":
		return "must be 1 to 20 letters, digits, dashes or underscores"
	case "practice_code":
		return "must be 1 to 20 capital letters, digits or dashes"
	case "timezone":
		return "is not a time zone such as America/Chicago"
	case "regexp":
		return "is not a regular expression"
	default:
		return "is not a valid " + field.Tag()
	}
}

var yamlLine = regexp.MustCompile(`line \d+: `)

func yamlFault(name string, err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		message = strings.Join(typed.Errors, "; ")
		message = strings.ReplaceAll(message, " not found in type claims.", " is not a key of ")
	}
	where := name
	if at := yamlLine.FindString(message); at != "" {
		where = name + ", " + strings.TrimSuffix(at, ": ")
		message = strings.Replace(message, at, "", 1)
	}
	return fault.Invalidf("CB-SETUP-003", "this is not a set-up in YAML: %s", message).At(where).
		WithFix("docs/claims.md shows a set-up file with every key")
}

var pathStep = regexp.MustCompile(`[^.\[\]]+|\[\d+\]`)

// lineOf finds the line of a path such as patients[3].coverages[0].payer; of a
// key that is missing, the line of what should hold it.
func lineOf(document *yaml.Node, path string) int {
	node := document
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	line := node.Line
	for _, step := range pathStep.FindAllString(path, -1) {
		next := child(node, step)
		if next == nil {
			return line
		}
		node, line = next, next.Line
	}
	return line
}

func child(node *yaml.Node, step string) *yaml.Node {
	if strings.HasPrefix(step, "[") {
		i, err := strconv.Atoi(strings.Trim(step, "[]"))
		if err != nil || node.Kind != yaml.SequenceNode || i >= len(node.Content) {
			return nil
		}
		return node.Content[i]
	}
	if node.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == step {
			return node.Content[i+1]
		}
	}
	return nil
}
