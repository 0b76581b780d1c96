import uuid

from django.db import migrations, models


def give_each_an_id(apps, schema_editor):
    answer = apps.get_model("invitations", "HeldAnswer")
    for row in answer.objects.only("pk").iterator():
        row.public_id = uuid.uuid4()
        row.save(update_fields=["public_id"])


class Migration(migrations.Migration):
    dependencies = [
        ("invitations", "0003_reply_tokens"),
    ]

    operations = [
        migrations.AddField(
            model_name="heldanswer",
            name="public_id",
            field=models.UUIDField(null=True),
        ),
        migrations.RunPython(give_each_an_id, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="heldanswer",
            name="public_id",
            field=models.UUIDField(default=uuid.uuid4, editable=False, unique=True),
        ),
    ]
