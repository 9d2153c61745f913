package rules

import (
	"regexp"
	"strings"
)

// What a pattern asks of a process.
const (
	imageName   = "process:image_ref.name"
	imageFolder = "process:image_ref.parent_directory_ref.path"
	parentName  = "process:parent_ref.image_ref.name"
	parentPath  = "process:parent_ref.image_ref.parent_directory_ref.path"
)

// pattern is the rule in the language of STIX patterns, which compares with regard to
// case unless a regular expression says otherwise. What an event does not tell makes a
// comparison false, its negation as well.
func (r *Rule) pattern() string {
	var any []string
	named := matches(imageName, exactly(r.Name))
	if r.byName {
		any = append(any, named)
	}
	if r.folder != nil {
		any = append(any, named+" AND "+not(imageFolder, "(?i)^"+r.folder.folderExpression()+"$"))
	}
	if r.fixed {
		any = append(any, named+" AND "+oddParent(r.parents))
	}
	for _, name := range r.spelled {
		any = append(any, imageName+" = "+stixText(name))
	}
	for _, path := range r.places {
		one := matches(imageName, exactly(baseName(path)))
		if folder := folderName(path); folder != "" {
			one += " AND " + matches(imageFolder, exactly(folder))
		}
		any = append(any, one)
	}
	if len(any) == 1 {
		return "[" + any[0] + "]"
	}
	return "[(" + strings.Join(any, ") OR (") + ")]"
}

// oddParent is true of a parent that is none of these: by its name, or by the folder of
// one with the name.
func oddParent(parents []Parent) string {
	var names []string
	var wrong []string
	for _, p := range parents {
		names = append(names, regexp.QuoteMeta(p.Name))
		if p.Anywhere {
			continue
		}
		folders := "(?i)^[^\\s\\S]" // the folder of one that has none
		if len(p.Folders) > 0 {
			folders = "(?i)^" + p.folderExpression() + "$"
		}
		wrong = append(wrong, "("+matches(parentName, exactly(p.Name))+" AND "+not(parentPath, folders)+")")
	}
	return "(" + strings.Join(append([]string{not(parentName, "(?i)^"+anyOf(names)+"$")}, wrong...), " OR ") + ")"
}

func exactly(text string) string { return "(?i)^" + regexp.QuoteMeta(text) + "$" }

func matches(path, expression string) string { return path + " MATCHES " + stixText(expression) }

func not(path, expression string) string { return path + " NOT MATCHES " + stixText(expression) }

// stixText is a string literal of the pattern language.
func stixText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}
