package sandbox

import (
	"fmt"
	"image/color"
	"strings"

	"github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
)

// codeImage is a QR code or barcode as the path of an SVG. Each rectangle of the path is a run of dark modules.
type codeImage struct {
	Path          string // for its attribute d
	Width, Height int    // with the quiet zone around the code
}

// qrImage draws a QR code with the quiet zone of four modules that readers need.
func qrImage(text string) codeImage {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil { // the text is too long, which none of the sandbox's texts is
		return codeImage{}
	}
	return newCodeImage(code, 4, 1)
}

// barcodeImage draws a code for the scanner of a till.
func barcodeImage(digits string) codeImage {
	code, err := code128.Encode(digits)
	if err != nil { // the text has a character that is not a digit, which the sandbox never passes
		return codeImage{}
	}
	return newCodeImage(code, 10, 40)
}

// newCodeImage turns the pixels of a code into rectangles of the height, and adds a quiet zone around them.
func newCodeImage(code barcode.Barcode, quiet, height int) codeImage {
	size := code.Bounds().Size()
	dark := func(x, y int) bool { return x < size.X && code.At(x, y) == color.Black }
	var path strings.Builder
	for y := range size.Y {
		for x := 0; x < size.X; x++ {
			begin := x
			for dark(x, y) {
				x++
			}
			if x > begin {
				_, _ = fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", quiet+begin, quiet+y*height, x-begin, height, x-begin)
			}
		}
	}
	return codeImage{Path: path.String(), Width: size.X + 2*quiet, Height: size.Y*height + 2*quiet}
}
