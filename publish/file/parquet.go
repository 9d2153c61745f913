package file

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/parquet-go/parquet-go"

	"sparkless/publish"
)

// parquetEncoder writes records as one Parquet file with the columns of row. Their
// values are those of the Bodies, unescaped: what reads the file has to mind what it
// shows. A Body with a name that row does not have is ErrRefused, since a value would
// be lost.
func parquetEncoder(row any) (Encoder, error) {
	if row == nil {
		return nil, fmt.Errorf("the format %s needs to know its columns", Parquet)
	}
	t := reflect.TypeOf(row)
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("the columns of the format %s are the fields of a struct, not of %s", Parquet, t)
	}
	columns, err := columnsOf(t)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, w io.Writer, records []publish.Record) error {
		return writeParquet(ctx, w, columns, records)
	}, nil
}

func writeParquet(ctx context.Context, w io.Writer, columns reflect.Type, records []publish.Record) error {
	schema := parquet.SchemaOf(reflect.New(columns).Interface())
	out := parquet.NewWriter(w, schema, parquet.Compression(&parquet.Snappy), parquet.CreatedBy("sparkless", "", ""))
	for _, rec := range records {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := rec.Fields(); err != nil {
			return err
		}
		row := reflect.New(columns)
		dec := json.NewDecoder(bytes.NewReader(rec.Body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(row.Interface()); err != nil {
			return fmt.Errorf("record %q: %w: it does not fit the columns: %w", rec.ID, publish.ErrRefused, err)
		}
		if err := out.Write(row.Interface()); err != nil {
			return err
		}
	}
	return out.Close()
}

// jsonText is a value of any kind as its JSON text, which is a column of texts.
type jsonText string

// UnmarshalJSON keeps the text.
func (j *jsonText) UnmarshalJSON(text []byte) error {
	*j = jsonText(text)
	return nil
}

// columnsOf is a struct type with the same fields as t and the tags that the library
// asks for: a column has the field's name in JSON, a slice is a list, raw JSON is its
// text, and what JSON leaves out when it is empty may be null.
func columnsOf(t reflect.Type) (reflect.Type, error) {
	if t == reflect.TypeFor[json.RawMessage]() {
		return reflect.TypeFor[jsonText](), nil
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64:
		return t, nil
	case reflect.Slice:
		element, err := columnsOf(t.Elem())
		if err != nil {
			return nil, err
		}
		return reflect.SliceOf(element), nil
	case reflect.Struct:
		return columnsOfFields(t)
	}
	return nil, fmt.Errorf("the format %s has no column for %s", Parquet, t)
}

func columnsOfFields(t reflect.Type) (reflect.Type, error) {
	var fields []reflect.StructField
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		column, err := columnsOf(f.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		property := ""
		switch {
		case column.Kind() == reflect.Slice:
			property = ",list"
		case strings.Contains(options, "omitempty"):
			property = ",optional"
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: column, Tag: reflect.StructTag(fmt.Sprintf("json:%q parquet:%q", name, name+property))})
	}
	return reflect.StructOf(fields), nil
}
