// Package outlier finds rows of a table that are unlike the others, and judges
// rows after examples: isolation forest, one-class support vector machine,
// robust covariance, clusters by density, random forest, what they need before
// (scaling, one-hot columns, whitening) and after (areas under curves,
// confusion, Shapley values).
//
// All models follow the definitions of scikit-learn 1.2.1, so that what a
// notebook finds with it is found here too. They go beyond it in three ways.
// A model is the same for the same rows, parameters and seed, in whatever order
// the rows come and however many goroutines work: rows are put into an order of
// their own first (where a parameter KeepOrder says otherwise, as given). Rows may
// have weights, which mean so many rows alike. And a saved model is checked
// before it is used.
//
// The package knows nothing of events: its input are numbers.
package outlier
