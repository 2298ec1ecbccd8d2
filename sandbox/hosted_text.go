package sandbox

import "github.com/plugipay/plugipay-go/gen"

// hostedText is what the hosted page says in one language. Names and amounts come between its parts.
type hostedText struct {
	TestMode, NoMoney                                                      string
	Pay, ChooseMethod, Continue, Cancel, ChangeMethod, Back                string
	PayBefore, TimeLeft, Order, ToPay, ShowOrder                           string
	Reference, Date, Amount, Method, Copy, Copied, CopyAmount              string
	ChooseBank, ChooseWallet, ChooseOutlet, GetNumber, GetCode             string
	VANumber, PaymentCode, Transfer, Show, Steps, Recipient                string
	KeepsValid, Waiting, WaitingHint, ScanHint, ScanSteps                  string
	WalletHint, ApproveHint, PaypalHead, PaypalHint, PaypalGo, PaypalLeave string
	CardNumber, CardExpiry, CardCode, TestCards                            string
	PayNow, ThreeDS, ThreeDSHint, ThreeDSCode, ThreeDSSend                 string
	ManualName, ManualHint, ManualAccount, HavePaid, Confirms, NothingToDo string
	CheckAgain, YouPaid, To, RanOut, NothingCharged                        string
	FailedText, CanceledText, Continues, GoOn, GoBack                      string
	Complete, Failed, Expired, Canceled, Finish, Review                    string
	Tools, ToolsHint, ToolsConsole, PayAtOnce, Decline                     string
	Arrives, FailsTransfer, CashPaid, FailsPayment, Scanned                string
	Approves, Refuses, ExpireNow, FailForGood, ConfirmAsMerchant           string
	MovedOn, NotChosen, NoSense, Declined, Insufficient                    string
	ThreeDSFailed, NotThrough, NotATestCard, BadExpiry, BadCode            string
	NothingHere, NothingHereText, OtherSite, OtherSiteText                 string
}

// textIn returns the texts of a language.
func textIn(l language) *hostedText {
	if l == indonesian {
		return &indonesianText
	}
	return &englishText
}

var englishText = hostedText{
	TestMode: "Test mode", NoMoney: "no real money moves",
	Pay: "Pay", ChooseMethod: "Choose how to pay", Continue: "Continue", Cancel: "Cancel and go back to the shop",
	ChangeMethod: "Choose another method", Back: "All payment methods",
	PayBefore: "Pay before", TimeLeft: "Time left:", Order: "What you are paying for", ToPay: "To pay",
	ShowOrder: "Order details", Reference: "Reference", Date: "Date", Amount: "Amount", Method: "Method", Copy: "Copy",
	Copied: "Copied", CopyAmount: "Copy the amount",
	ChooseBank: "Choose your bank", ChooseWallet: "Choose your wallet", ChooseOutlet: "Choose an outlet",
	GetNumber: "Get the account number", GetCode: "Get the payment code",
	VANumber: "Virtual account number", PaymentCode: "Payment code",
	Transfer: "Transfer exactly this amount to the virtual account:", Show: "Show this code at the till and pay in cash:",
	Steps: "How to pay", Recipient: "Recipient",
	KeepsValid: "You can close this page: the number stays valid until", Waiting: "Waiting for your payment",
	WaitingHint: "This page goes on by itself when the payment has arrived.",
	ScanHint:    "Scan this code with any banking or wallet app.",
	ScanSteps:   "Open your banking or wallet app and choose Scan or QRIS.|Scan the code. On this phone: take a screenshot and choose it in the app.|Check the name and the amount, then confirm.",
	WalletHint:  "We have sent a request to your wallet.", ApproveHint: "Open the app and approve the payment there.",
	PaypalHead: "Continue with PayPal",
	PaypalHint: "You are being handed over to PayPal. Approve the payment there; you come back by yourself.",
	PaypalGo:   "Log in as a test buyer and pay", PaypalLeave: "Leave PayPal and choose another method",
	CardNumber: "Card number", CardExpiry: "Valid until (MM/YY)", CardCode: "Security code",
	TestCards: "Only these cards work here. Choose one to fill in the form:", PayNow: "Pay",
	ThreeDS:     "Confirm with your bank",
	ThreeDSHint: "Your bank has sent you a code for this payment. In test mode any six digits will do.",
	ThreeDSCode: "One-time code", ThreeDSSend: "Confirm the payment",
	ManualName: "Transfer to the shop", ManualHint: "Transfer exactly this amount to the shop's account, and state the reference.", ManualAccount: "Account number",
	HavePaid: "I have paid", Confirms: "has to confirm that your payment has arrived.",
	NothingToDo: "There is nothing more for you to do. This page goes on by itself.", CheckAgain: "Check again",
	YouPaid: "You paid", To: "to", RanOut: "The time to pay ran out on", NothingCharged: "Nothing was charged.",
	FailedText: "This payment failed.", CanceledText: "This payment was canceled.",
	Continues: "You are taken back to the shop.", GoOn: "Continue to the shop", GoBack: "Back to the shop",
	Complete: "Payment complete", Failed: "Payment failed", Expired: "Payment expired", Canceled: "Payment canceled",
	Finish: "Complete your payment", Review: "Waiting for confirmation",
	Tools: "For developers", ToolsHint: "This is a sandbox. Choose what becomes of this payment:",
	ToolsConsole: "This session in the console", PayAtOnce: "Pay at once", Decline: "Decline this payment",
	Arrives: "The transfer arrives", FailsTransfer: "The transfer fails", CashPaid: "The cash is paid",
	FailsPayment: "The payment fails", Scanned: "The code is paid", Approves: "The buyer approves",
	Refuses: "The buyer refuses", ExpireNow: "Let it expire", FailForGood: "Fail for good",
	ConfirmAsMerchant: "Confirm as the shop",
	MovedOn:           "This was not possible, because the payment has moved on. Below is how it stands now.",
	NotChosen:         "Choose one of the payment methods below.",
	NoSense:           "The page could not make sense of that. Nothing was paid; please try again.",
	Declined:          "The payment was declined. Nothing was charged: try again or choose another method.",
	Insufficient:      "The card does not have enough money. Nothing was charged: try another card or method.",
	ThreeDSFailed:     "Your bank did not confirm the payment. Nothing was charged: try again or choose another method.",
	NotThrough:        "The payment did not go through. Nothing was charged: try again or choose another method.",
	NotATestCard:      "In test mode only the test cards work. Nothing was charged: choose one of them below.",
	BadExpiry:         "Enter when the card expires: month and year, such as 12/30.",
	BadCode:           "Enter the digits of the code.",
	NothingHere:       "There is nothing to pay here",
	NothingHereText:   "The address may be mistyped, or the sandbox has been restarted and has forgotten its sessions.",
	OtherSite:         "This came from another site",
	OtherSiteText:     "A payment can only be made on its own page. Nothing was paid.",
}

var indonesianText = hostedText{
	TestMode: "Mode uji coba", NoMoney: "tidak ada uang sungguhan",
	Pay: "Bayar", ChooseMethod: "Pilih cara pembayaran", Continue: "Lanjutkan", Cancel: "Batalkan dan kembali ke toko",
	ChangeMethod: "Ganti metode pembayaran", Back: "Semua metode pembayaran",
	PayBefore: "Bayar sebelum", TimeLeft: "Sisa waktu:", Order: "Yang Anda bayar", ToPay: "Total pembayaran",
	ShowOrder: "Rincian pesanan", Reference: "Nomor referensi", Date: "Tanggal", Amount: "Jumlah", Method: "Metode",
	Copy: "Salin", Copied: "Tersalin", CopyAmount: "Salin jumlah",
	ChooseBank: "Pilih bank Anda", ChooseWallet: "Pilih dompet digital Anda", ChooseOutlet: "Pilih gerai",
	GetNumber: "Dapatkan nomor VA", GetCode: "Dapatkan kode pembayaran",
	VANumber: "Nomor virtual account", PaymentCode: "Kode pembayaran",
	Transfer: "Transfer tepat sejumlah ini ke virtual account:", Show: "Tunjukkan kode ini di kasir dan bayar tunai:",
	Steps: "Cara membayar", Recipient: "Penerima",
	KeepsValid: "Halaman ini boleh ditutup: nomornya berlaku sampai", Waiting: "Menunggu pembayaran Anda",
	WaitingHint: "Halaman ini akan berlanjut otomatis setelah pembayaran diterima.",
	ScanHint:    "Pindai kode ini dengan aplikasi bank atau dompet digital apa pun.",
	ScanSteps:   "Buka aplikasi bank atau dompet digital Anda, lalu pilih Scan atau QRIS.|Pindai kode ini. Di ponsel ini: ambil tangkapan layar, lalu pilih gambarnya di aplikasi.|Periksa nama dan jumlahnya, lalu konfirmasi.",
	WalletHint:  "Kami telah mengirim permintaan ke dompet digital Anda.",
	ApproveHint: "Buka aplikasinya dan setujui pembayaran di sana.",
	PaypalHead:  "Lanjutkan dengan PayPal",
	PaypalHint:  "Anda diteruskan ke PayPal. Setujui pembayaran di sana; setelah itu Anda kembali secara otomatis.",
	PaypalGo:    "Masuk sebagai pembeli uji dan bayar", PaypalLeave: "Tinggalkan PayPal dan ganti metode",
	CardNumber: "Nomor kartu", CardExpiry: "Berlaku sampai (BB/TT)", CardCode: "Kode keamanan",
	TestCards: "Hanya kartu berikut yang berlaku di sini. Pilih satu untuk mengisi formulir:",
	PayNow:    "Bayar", ThreeDS: "Konfirmasi dengan bank Anda",
	ThreeDSHint: "Bank Anda mengirim kode untuk pembayaran ini. Dalam mode uji, enam angka apa pun diterima.",
	ThreeDSCode: "Kode sekali pakai (OTP)", ThreeDSSend: "Konfirmasi pembayaran",
	ManualName: "Transfer ke toko", ManualHint: "Transfer tepat sejumlah ini ke rekening toko. Cantumkan nomor referensi.",
	ManualAccount: "Nomor rekening", HavePaid: "Saya sudah bayar",
	Confirms:    "perlu mengonfirmasi bahwa pembayaran Anda telah diterima.",
	NothingToDo: "Tidak ada lagi yang perlu Anda lakukan. Halaman ini akan berlanjut otomatis.", CheckAgain: "Periksa lagi",
	YouPaid: "Anda membayar", To: "kepada", RanOut: "Batas waktu pembayaran berakhir pada",
	NothingCharged: "Anda tidak dikenai biaya.", FailedText: "Pembayaran ini gagal.",
	CanceledText: "Pembayaran ini dibatalkan.", Continues: "Anda diarahkan kembali ke toko.",
	GoOn: "Lanjut ke toko", GoBack: "Kembali ke toko",
	Complete: "Pembayaran berhasil", Failed: "Pembayaran gagal", Expired: "Pembayaran kedaluwarsa",
	Canceled: "Pembayaran dibatalkan", Finish: "Selesaikan pembayaran Anda", Review: "Menunggu konfirmasi",
	Tools: "Untuk pengembang", ToolsHint: "Ini sandbox. Pilih apa yang terjadi dengan pembayaran ini:",
	ToolsConsole: "Sesi ini di konsol", PayAtOnce: "Langsung lunas", Decline: "Tolak pembayaran ini",
	Arrives: "Transfer masuk", FailsTransfer: "Transfer gagal", CashPaid: "Uang tunai dibayarkan",
	FailsPayment: "Pembayaran gagal", Scanned: "Kode dibayar", Approves: "Pembeli menyetujui",
	Refuses: "Pembeli menolak", ExpireNow: "Buat kedaluwarsa", FailForGood: "Gagalkan permanen",
	ConfirmAsMerchant: "Konfirmasi sebagai toko",
	MovedOn:           "Tidak dapat dilakukan karena status pembayaran sudah berubah. Berikut statusnya sekarang.",
	NotChosen:         "Pilih salah satu metode pembayaran di bawah ini.",
	NoSense:           "Permintaan tidak dapat dipahami. Tidak ada yang dibayar; silakan coba lagi.",
	Declined:          "Pembayaran ditolak. Anda tidak dikenai biaya: coba lagi atau pilih metode lain.",
	Insufficient:      "Saldo kartu tidak mencukupi. Anda tidak dikenai biaya: coba kartu atau metode lain.",
	ThreeDSFailed:     "Bank Anda tidak mengonfirmasi pembayaran. Anda tidak dikenai biaya: coba lagi atau pilih metode lain.",
	NotThrough:        "Pembayaran tidak berhasil. Anda tidak dikenai biaya: coba lagi atau pilih metode lain.",
	NotATestCard:      "Dalam mode uji hanya kartu uji yang berlaku. Anda tidak dikenai biaya: pilih salah satu di bawah.",
	BadExpiry:         "Isi masa berlaku kartu: bulan dan tahun, misalnya 12/30.",
	BadCode:           "Isi angka kodenya.",
	NothingHere:       "Tidak ada yang perlu dibayar di sini",
	NothingHereText:   "Mungkin alamatnya salah ketik, atau sandbox dimulai ulang dan sesinya sudah hilang.",
	OtherSite:         "Permintaan ini datang dari situs lain",
	OtherSiteText:     "Pembayaran hanya dapat dilakukan di halamannya sendiri. Tidak ada yang dibayar.",
}

// methodText returns the name of a method as buyers know it, and what it means for them.
func methodText(l language, method gen.CheckoutMethod) (name, hint string) {
	switch method {
	case gen.CheckoutMethodCard:
		return either(l, "Card", "Kartu"), either(l, "Credit or debit", "Kredit atau debit")
	case gen.CheckoutMethodQRIS:
		return "QRIS", either(l, "Scan with any banking or wallet app", "Pindai dengan aplikasi bank atau dompet digital")
	case gen.CheckoutMethodVA:
		return either(l, "Virtual account", "Virtual account"),
			either(l, "Bank transfer to a number made for you", "Transfer bank ke nomor khusus untuk Anda")
	case gen.CheckoutMethodEwallet:
		return either(l, "E-wallet", "Dompet digital"), either(l, "Approve in your wallet app", "Setujui di aplikasi dompet Anda")
	case gen.CheckoutMethodRetail:
		return either(l, "Retail outlet", "Gerai ritel"),
			either(l, "Pay in cash at the till with a code", "Bayar tunai di kasir dengan kode")
	case gen.CheckoutMethodPaypal:
		return "PayPal", either(l, "Approve in your PayPal account", "Setujui di akun PayPal Anda")
	}
	return string(method), ""
}

// cardText says what comes of a payment with a test card.
func cardText(l language, outcome cardOutcome) string {
	switch outcome {
	case cardSucceeds:
		return either(l, "Success", "Berhasil")
	case cardDeclined:
		return either(l, "Declined", "Ditolak")
	case cardInsufficientFunds:
		return either(l, "Insufficient funds", "Saldo kurang")
	case card3DSSucceeds:
		return either(l, "3DS, success", "3DS, berhasil")
	}
	return either(l, "3DS, failure", "3DS, gagal")
}

func either(l language, inEnglish, inIndonesian string) string {
	if l == indonesian {
		return inIndonesian
	}
	return inEnglish
}

// channelSteps returns what the buyer does to pay through a bank, a wallet or an outlet.
func channelSteps(l language, method gen.CheckoutMethod, name string) []string {
	switch method {
	case gen.CheckoutMethodVA:
		return []string{
			either(l, "Open your "+name+" app, or go to a "+name+" machine.", "Buka aplikasi "+name+" Anda, atau datang ke ATM "+name+"."),
			either(l, "Choose Transfer, then Virtual Account.", "Pilih Transfer, lalu Virtual Account."),
			either(l, "Enter the number above.", "Masukkan nomor di atas."),
			either(l, "Check the name and the amount, then confirm with your PIN.", "Periksa nama dan jumlahnya, lalu konfirmasi dengan PIN."),
		}
	case gen.CheckoutMethodRetail:
		return []string{
			either(l, "Go to any "+name+" shop before the time is over.", "Datang ke gerai "+name+" mana saja sebelum batas waktu."),
			either(l, "Tell the cashier that you want to pay for Plugipay, and show the code.", "Sampaikan ke kasir bahwa Anda ingin membayar Plugipay, lalu tunjukkan kodenya."),
			either(l, "Pay in cash and keep the receipt.", "Bayar tunai dan simpan struknya."),
		}
	case gen.CheckoutMethodEwallet:
		return []string{
			either(l, "Open "+name+" on your phone.", "Buka "+name+" di ponsel Anda."),
			either(l, "Open the notification of this payment.", "Buka notifikasi pembayaran ini."),
			either(l, "Check the amount and approve with your PIN.", "Periksa jumlahnya dan setujui dengan PIN."),
		}
	}
	return nil
}
