package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cpuguy83/go-md2man/v2/md2man"
	"github.com/spf13/cobra"
)

func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man",
		Short: "Write man pages into a folder",
		Long: `Man writes a man page of each command (section 1) and of each help topic (section 7)
into a folder, which it makes where it is missing. The same program writes the same
pages.`,
		Example: `  sparkless man --dir man
  man -l man/sparkless-run.1`,
	}
	dir := cmd.Flags().String("dir", "man", "folder to write to")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return err
		}
		pages := manPages(cmd.Root())
		for _, p := range pages {
			if err := os.WriteFile(filepath.Join(*dir, p.file), p.text, 0o644); err != nil {
				return err
			}
		}
		a.log.Info("man pages written", "folder", *dir, "pages", len(pages))
		return nil
	}
	return cmd
}

// manPage is one page, in roff.
type manPage struct {
	file string
	text []byte
}

// manPages are those of all commands and topics below root.
func manPages(root *cobra.Command) []manPage {
	var pages []manPage
	for _, cmd := range allCommands(root) {
		topic := cmd.IsAdditionalHelpTopicCommand()
		if !topic && !cmd.IsAvailableCommand() && cmd.HasParent() {
			continue
		}
		pages = append(pages, manPage{manName(cmd) + "." + section(cmd), roff(manText(cmd))})
	}
	return pages
}

// roff makes roff of Markdown. Hyphens are those that a shell takes.
func roff(text string) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(md2man.Render([]byte(text))) {
		if line[0] != '.' {
			line = bytes.ReplaceAll(line, []byte("-"), []byte(`\-`))
		}
		b.Write(line)
	}
	return b.Bytes()
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// section is that of the manual: 1 for commands, 7 for everything else.
func section(cmd *cobra.Command) string {
	if cmd.IsAdditionalHelpTopicCommand() {
		return "7"
	}
	return "1"
}

// manText is a page in the Markdown that md2man reads. It has no date, so that it
// changes with the program alone.
func manText(cmd *cobra.Command) string {
	var m markdown
	fmt.Fprintf(&m, "%% %q %q \"\" %q \"sparkless manual\"\n\n", strings.ToUpper(manName(cmd)), section(cmd), "sparkless "+buildVersion())
	m.heading("NAME")
	m.paragraph(manName(cmd) + " - " + cmd.Short)
	if !cmd.IsAdditionalHelpTopicCommand() {
		m.heading("SYNOPSIS")
		m.paragraph(usageOf(cmd))
	}
	m.heading("DESCRIPTION")
	m.text(cmd.Long)
	if cmd.Example != "" {
		m.heading("EXAMPLES")
		m.lines(strings.Split(cmd.Example, "\n"))
	}
	for _, g := range manCommandRows(cmd) {
		m.heading(strings.ToUpper(g.title))
		m.rows(g.rows)
	}
	if !cmd.IsAdditionalHelpTopicCommand() {
		m.heading("OPTIONS")
		for i, rows := range flagRows(cmd) {
			if len(rows) > 0 {
				m.subheading(flagGroups()[i].title)
				m.rows(rows)
			}
		}
		m.paragraph(footOf(cmd))
	}
	m.heading("SEE ALSO")
	m.paragraph(seeAlso(cmd))
	return m.String()
}

func manCommandRows(cmd *cobra.Command) []titled {
	if cmd.HasAvailableSubCommands() {
		return commandRows(cmd)
	}
	return nil
}

// seeAlso names the pages beside one: those above, or the topics.
func seeAlso(cmd *cobra.Command) string {
	var names []string
	if cmd.HasParent() {
		names = append(names, manName(cmd.Parent())+"(1)")
	}
	for _, c := range cmd.Root().Commands() {
		if c.IsAdditionalHelpTopicCommand() && c != cmd {
			names = append(names, manName(c)+"(7)")
		}
	}
	return strings.Join(names, ", ")
}

// markdown writes help texts as Markdown.
type markdown struct{ strings.Builder }

// escaped makes Markdown of a text without any.
func escaped(text string) string {
	return regexp.MustCompile("[\\\\`*_{}\\[\\]()#+!|<>~:&-]").ReplaceAllString(text, `\$0`)
}

func (m *markdown) heading(title string)    { m.WriteString("# " + escaped(title) + "\n\n") }
func (m *markdown) subheading(title string) { m.WriteString("### " + escaped(title) + "\n\n") }
func (m *markdown) paragraph(text string)   { m.WriteString(escaped(text) + "\n\n") }

func (m *markdown) lines(lines []string) {
	m.WriteString("```\n" + strings.Join(lines, "\n") + "\n```\n\n")
}

func (m *markdown) rows(rows []row) {
	for _, r := range rows {
		m.WriteString(escaped(r.term) + "\n: " + escaped(r.text) + "\n\n")
	}
}

func (m *markdown) text(text string) {
	for _, b := range blocks(text) {
		switch {
		case b.heading != "":
			m.subheading(b.heading)
		case b.paragraph != "":
			m.paragraph(b.paragraph)
		case b.rows != nil:
			m.rows(b.rows)
		default:
			m.lines(b.lines)
		}
	}
}
