package process

// Ordinary is for tests from outside.
var Ordinary = ordinary
