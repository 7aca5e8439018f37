package claims

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// apart are letters that are no base letter with a mark.
var apart = strings.NewReplacer("ß", "ss", "Æ", "AE", "æ", "ae", "Ø", "O", "ø", "o", "Œ", "OE", "œ", "oe", "Ł", "L", "ł", "l", "Đ", "D", "đ", "d",
	"Þ", "Th", "þ", "th", "Ð", "D", "ð", "d", "ı", "i", "’", "'", "‘", "'", "–", "-", "—", "-")

// plainLetters writes Latin letters with marks without them: René is Rene. Other
// alphabets stay as they are; an edit holds them.
func plainLetters(value string) string {
	ascii := true
	for i := range len(value) {
		ascii = ascii && value[i] < 0x80
	}
	if ascii {
		return value
	}
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), apart.Replace(value))
	if err != nil {
		return value // not UTF-8: the edit holds it
	}
	return plain
}
