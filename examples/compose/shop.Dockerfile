FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go -C examples/shop build -trimpath -o /shop .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /shop /shop
USER 65534:65534
EXPOSE 8080
ENTRYPOINT ["/shop"]
