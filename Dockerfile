# The sandbox as an image: docker build -t plugipay-sandbox . && docker run -p 4010:4010 plugipay-sandbox
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /plugipay-sandbox ./cmd/plugipay-sandbox && mkdir -m 1777 /empty

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /plugipay-sandbox /plugipay-sandbox
# For the certificate of -tls.
COPY --from=build --chmod=1777 /empty /tmp
USER 65534:65534
ENV PLUGIPAY_SANDBOX_ADDR=:4010
EXPOSE 4010
HEALTHCHECK --interval=5s --timeout=3s CMD ["/plugipay-sandbox", "-healthcheck"]
ENTRYPOINT ["/plugipay-sandbox"]
