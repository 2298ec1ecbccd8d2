package plugipay

// Version is the version of this module, as requests name it in their User-Agent.
const Version = "0.1.0"
