package table

import (
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// schema lists the elements of the columns, parents before their children.
func schema(columns []Column) []format.SchemaElement {
	root := format.SchemaElement{Name: "row", NumChildren: thrift.New(int32(len(columns)))}
	out := []format.SchemaElement{root}
	for _, c := range columns {
		switch c.Kind {
		case Int:
			out = append(out, integer(c.Name))
		case Time:
			out = append(out, timestamp(c.Name))
		case Text:
			out = append(out, text(c.Name, format.Optional))
		case Tallies:
			out = append(out, list(c.Name), parent("list", format.Repeated, 1), parent("element", format.Required, 2),
				text("value", format.Required), integer("count"))
		}
	}
	return out
}

// leavesOf is how many columns of values a column of that kind has.
func leavesOf(k Kind) int {
	if k == Tallies {
		return 2
	}
	return 1
}

// leaves are the paths of the columns that hold values.
func leaves(columns []Column) (paths [][]string) {
	for _, c := range columns {
		if c.Kind == Tallies {
			paths = append(paths, []string{c.Name, "list", "element", "value"}, []string{c.Name, "list", "element", "count"})
		} else {
			paths = append(paths, []string{c.Name})
		}
	}
	return paths
}

func leaf(name string, t format.Type, r format.FieldRepetitionType, logical format.LogicalTypeValue) format.SchemaElement {
	return format.SchemaElement{Name: name, Type: thrift.New(t), RepetitionType: thrift.New(r), LogicalType: format.LogicalType{Value: logical}}
}

func parent(name string, r format.FieldRepetitionType, children int32) format.SchemaElement {
	return format.SchemaElement{Name: name, RepetitionType: thrift.New(r), NumChildren: thrift.New(children)}
}

func list(name string) format.SchemaElement {
	e := parent(name, format.Required, 1)
	e.ConvertedType = thrift.New(deprecated.List)
	e.LogicalType.Value = new(format.ListType)
	return e
}

func text(name string, r format.FieldRepetitionType) format.SchemaElement {
	e := leaf(name, format.ByteArray, r, new(format.StringType))
	e.ConvertedType = thrift.New(deprecated.UTF8)
	return e
}

func integer(name string) format.SchemaElement {
	e := leaf(name, format.Int64, format.Required, &format.IntType{BitWidth: 64, IsSigned: true})
	e.ConvertedType = thrift.New(deprecated.Int64)
	return e
}

func timestamp(name string) format.SchemaElement {
	nanos := format.TimeUnit{Value: new(format.NanoSeconds)}
	return leaf(name, format.Int64, format.Required, &format.TimestampType{IsAdjustedToUTC: true, Unit: nanos})
}
